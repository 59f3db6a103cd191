//! The table of points.

use console::style;

use super::{Grade, Submission};

/// The points of an assignment: a row for each student and exercise with the reason, then a sum. `ids` gives the exercise of each cell, in order.
pub(super) fn text(assignment: &str, submissions: &mut [Submission], ids: &[(String, String)]) -> String {
    submissions.sort_by(|a, b| a.student.cmp(&b.student));
    let place = |grade: &Grade| ids.iter().position(|(cell, _)| *cell == grade.cell).unwrap_or(ids.len());
    let mut rows = vec![["student", "exercise", "points", "reason"].map(str::to_owned)];
    for submission in submissions.iter_mut() {
        submission.grades.sort_by(|a, b| (place(a), &a.notebook, &a.cell).cmp(&(place(b), &b.notebook, &b.cell)));
        for grade in &submission.grades {
            let exercise = ids.get(place(grade)).map_or(&grade.cell, |(_, id)| id);
            let points = grade.points.map_or("-".to_owned(), |points| points.to_string());
            rows.push([
                submission.student.clone(),
                exercise.clone(),
                format!("{points} of {}", grade.of),
                grade.reason.clone(),
            ]);
        }
        // The sum of nothing is -0.
        let sum = submission.grades.iter().filter_map(|grade| grade.points).fold(0.0, |sum, points| sum + points);
        let of: f64 = submission.grades.iter().map(|grade| grade.of).sum();
        let penalty = if submission.penalty > 0.0 {
            format!("before {} for lateness", submission.penalty)
        } else {
            String::new()
        };
        rows.push([submission.student.clone(), "all".into(), format!("{sum} of {of}"), penalty]);
    }
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2)];
    let mut lines = vec![style(assignment).bold().to_string()];
    for [student, exercise, points, reason] in &rows {
        let [a, b, c] = widths;
        lines.push(format!("{student:<a$}  {exercise:<b$}  {points:<c$}  {reason}").trim_end().to_owned());
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_follow_the_notebook_and_end_in_a_sum() {
        let grade = |cell: &str, points: Option<f64>, reason: &str| Grade {
            notebook: "n".into(),
            cell: cell.into(),
            points,
            of: 2.0,
            reason: reason.into(),
        };
        let mut submissions = [
            Submission { student: "bob".into(), penalty: 0.0, grades: vec![grade("a", None, "not graded")] },
            Submission {
                student: "ada".into(),
                penalty: 0.0,
                grades: vec![grade("a", Some(0.0), "the divisor"), grade("z", Some(2.0), "")],
            },
        ];
        let ids = [("z".to_owned(), "3/1.1".to_owned()), ("a".to_owned(), "3/1.2".to_owned())];
        let said = text("03_estimation", &mut submissions, &ids);
        let expected = "03_estimation
student  exercise  points  reason
ada      3/1.1     2 of 2
ada      3/1.2     0 of 2  the divisor
ada      all       2 of 4
bob      3/1.2     - of 2  not graded
bob      all       0 of 2";
        assert_eq!(console::strip_ansi_codes(&said), expected);
    }
}

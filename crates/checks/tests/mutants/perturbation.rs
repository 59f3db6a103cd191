use matrix_free::linalg::{eigh, eigvalsh, mean, spectral_norm};
use ndarray::{Array1, Array2, array};
use spectral_course::check;
use spectral_course::solutions;

use super::common::Says::{self, Cause, Difference};
use super::common::{Wrong, assert_all_rejected, assert_passed};

mod gap;

// 3/5.1 Weyl

type Student = fn(&Array2<f64>, &Array2<f64>, &Array1<f64>) -> Array1<f64>;

fn shifts(a: &Array2<f64>, e: &Array2<f64>, alphas: &Array1<f64>, of: fn(Array1<f64>) -> f64) -> Array1<f64> {
    alphas.mapv(|alpha| of(eigvalsh(&(a + &(e * alpha))) - eigvalsh(a)))
}

fn largest(d: Array1<f64>) -> f64 {
    d.iter().fold(0.0, |largest: f64, x| largest.max(x.abs()))
}

fn wrong_weyl() -> Vec<Wrong> {
    let wrong: Vec<(Says, Student)> = vec![
        (Cause("take the absolute value"), |a, e, alphas| {
            shifts(a, e, alphas, |d| d.iter().copied().fold(f64::NEG_INFINITY, f64::max))
        }),
        (Cause("take the absolute value"), |a, e, alphas| {
            shifts(a, e, alphas, |d| d.iter().copied().fold(0.0, f64::max))
        }),
        (Cause("This is the shift of the largest eigenvalue alone"), |a, e, alphas| {
            shifts(a, e, alphas, |d| d[d.len() - 1].abs())
        }),
        (Cause("This is the shift of the smallest eigenvalue alone"), |a, e, alphas| {
            shifts(a, e, alphas, |d| d[0].abs())
        }),
        (Cause("This is the smallest shift"), |a, e, alphas| {
            shifts(a, e, alphas, |d| d.iter().fold(f64::INFINITY, |l: f64, x| l.min(x.abs())))
        }),
        (Cause("This is the mean shift"), |a, e, alphas| shifts(a, e, alphas, |d| mean(&d.mapv(f64::abs)))),
        (Cause("This is the Euclidean norm of the shifts"), |a, e, alphas| shifts(a, e, alphas, |d| d.dot(&d).sqrt())),
        (Cause("This is the sum of the shifts"), |a, e, alphas| shifts(a, e, alphas, |d| d.mapv(f64::abs).sum())),
        (Cause("This is the square of the shift"), |a, e, alphas| shifts(a, e, alphas, |d| largest(d).powi(2))),
        (Cause("This is the bound alpha ||E||_2"), |_, e, alphas| alphas.mapv(|alpha| alpha.abs() * spectral_norm(e))),
        (Cause("not of each eigenvalue"), |a, e, alphas| {
            let sizes = |alpha: f64| eigvalsh(&(a + &(e * alpha))).mapv(f64::abs);
            alphas.mapv(|alpha| (sizes(alpha) - sizes(0.0)).iter().fold(0.0, |l: f64, d| l.max(d.abs())))
        }),
        (Cause("The eigenvalues are ordered by magnitude"), |a, e, alphas| {
            let sorted = |alpha: f64| {
                let mut values = eigvalsh(&(a + &(e * alpha))).to_vec();
                values.sort_by(|x, y| x.abs().total_cmp(&y.abs()));
                Array1::from(values)
            };
            alphas.mapv(|alpha| largest(sorted(alpha) - sorted(0.0)))
        }),
        (Cause("Each eigenvalue is compared with the nearest one"), |a, e, alphas| {
            alphas.mapv(|alpha| {
                let (old, new) = (eigvalsh(a), eigvalsh(&(a + &(e * alpha))));
                old.iter().map(|t| new.iter().fold(f64::INFINITY, |l: f64, x| l.min((x - t).abs()))).fold(0.0, f64::max)
            })
        }),
        (Cause("shifts are not linear in alpha"), |a, e, alphas| {
            alphas.mapv(|alpha| alpha.abs() * solutions::weyl_shifts(a, e, &array![1.0])[0])
        }),
        (Cause("This is the first-order estimate"), |a, e, alphas| {
            let v = eigh(a).vectors;
            let slopes = v.t().dot(e).dot(&v).diag().to_owned();
            alphas.mapv(|alpha| alpha.abs() * largest(slopes.clone()))
        }),
        (Cause("You did not use alpha"), |a, e, alphas| alphas.mapv(|_| solutions::weyl_shifts(a, e, &array![1.0])[0])),
        (Cause("You subtracted alpha E"), |a, e, alphas| solutions::weyl_shifts(a, e, &-alphas)),
        (Cause("The sign of alpha is lost"), |a, e, alphas| solutions::weyl_shifts(a, e, &alphas.mapv(f64::abs))),
        (Cause("The perturbations pile up"), |a, e, alphas| {
            let (base, mut a) = (eigvalsh(a), a.clone());
            alphas.mapv(|alpha| {
                a.scaled_add(alpha, e);
                largest(eigvalsh(&a) - &base)
            })
        }),
        (Cause("Each is compared with the alpha before"), |a, e, alphas| {
            let mut before = eigvalsh(a);
            alphas.mapv(|alpha| {
                let new = eigvalsh(&(a + &(e * alpha)));
                let shift = largest(&new - &before);
                before = new;
                shift
            })
        }),
        (Cause("The results are in ascending order of alpha"), |a, e, alphas| {
            let mut alphas = alphas.to_vec();
            alphas.sort_by(f64::total_cmp);
            solutions::weyl_shifts(a, e, &Array1::from(alphas))
        }),
        (Cause("These are the shifts of alpha (A + E)"), |a, e, alphas| {
            alphas.mapv(|alpha| largest(eigvalsh(&((a + e) * alpha)) - eigvalsh(a)))
        }),
        (Cause("Does your code compare with a fixed number"), |a, e, alphas| {
            solutions::weyl_shifts(a, e, alphas).mapv(|shift| if shift < 1e-7 { 0.0 } else { shift })
        }),
        (Difference("expected length 7, got 1"), |a, e, _| solutions::weyl_shifts(a, e, &array![1.0])),
        (Difference("entry 3 is NaN or infinite"), |a, e, alphas| solutions::weyl_shifts(a, e, alphas) / alphas),
    ];
    wrong.into_iter().map(|(says, student)| Wrong::new(says, move || check::weyl_shifts(student))).collect()
}

pub(super) fn wrong() -> Vec<Wrong> {
    wrong_weyl().into_iter().chain(gap::wrong()).collect()
}

#[test]
fn wrong_versions_are_rejected() {
    assert_all_rejected("perturbation", wrong());
}

#[test]
fn other_right_versions_pass() {
    let right: [Student; 3] = [
        // Plain loops, with eigenvectors that nobody needs.
        |a, e, alphas| {
            let mut result = Vec::new();
            let before = eigh(a).values;
            for &alpha in alphas {
                let after = eigh(&(e * alpha + a)).values;
                let mut most: f64 = 0.0;
                for k in 0..before.len() {
                    most = most.max((after[k] - before[k]).abs());
                }
                result.push(most);
            }
            Array1::from(result)
        },
        // In descending order, both.
        |a, e, alphas| alphas.mapv(|alpha| largest(eigvalsh(&-(a + &(e * alpha))) - eigvalsh(&-a))),
        // The larger of the largest and of minus the smallest difference.
        |a, e, alphas| {
            shifts(a, e, alphas, |d| {
                let ends = d.iter().fold((0.0_f64, 0.0_f64), |(low, high), &x| (low.min(x), high.max(x)));
                ends.1.max(-ends.0)
            })
        },
    ];
    for student in right {
        assert_passed(check::weyl_shifts(student));
    }
}

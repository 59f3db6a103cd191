//! Experiments that call the student's functions.

use course_protocol::card::{Card, Line, Status};
use figures::Figure;

use super::claim::{Claim, claims};
use super::listener::{Listener, Stopped};
use super::report::is_of_solutions;

/// The result of an experiment that calls the student's functions, or the reason why there is none yet.
///
/// Cells below the experiment use it through [`figure`](Attempt::figure) and [`claims`](Attempt::claims), which show a short
/// card while the exercise is not written, so that a notebook can be run from top to bottom at any time.
#[derive(Clone, Debug)]
pub struct Attempt<T>(Result<T, Stopped>);

/// Runs an experiment that calls the student's functions. If it stops, a card says why.
///
/// # Example
/// ```
/// use spectral_course::prelude::*;
/// let trace = attempt(|| hutchinson_trace(&Dense::new(Array2::eye(4)), 3, Probe::Rademacher, 0).mean);
/// assert_eq!(trace.result(), Ok(&4.0));
/// ```
pub fn attempt<T>(experiment: impl FnOnce() -> T) -> Attempt<T> {
    let result = Listener::new().catch(experiment);
    if let Err(stopped) = &result {
        waiting_card("experiment", stopped).evcxr_display();
    }
    Attempt(result)
}

fn waiting_card(what: &str, stopped: &Stopped) -> Card {
    let status = if stopped.is_to_do() { Status::Todo } else { Status::Failed };
    let lines = vec![Line { passed: false, text: stopped.told("") }];
    Card { exercise: what.to_owned(), title: String::new(), status, lines, next: String::new() }
}

impl<T> Attempt<T> {
    /// The result of the experiment, or why it stopped.
    pub fn result(&self) -> Result<&T, &Stopped> {
        self.0.as_ref()
    }

    /// Goes on from the result of this experiment to another one, which also calls the student's functions. If this one has stopped, so
    /// has the other, for the same reason.
    ///
    /// # Example
    /// ```
    /// use spectral_course::prelude::*;
    /// let of_samples = attempt(|| array![1.0, 2.0, 6.0]).then(|samples| mean(samples));
    /// assert_eq!(of_samples.result(), Ok(&3.0));
    /// let waits = attempt(|| -> Array1<f64> { todo!("exercise 3/1.1") }).then(|samples| mean(samples));
    /// assert!(waits.result().is_err());
    /// ```
    pub fn then<U>(&self, experiment: impl FnOnce(&T) -> U) -> Attempt<U> {
        match &self.0 {
            Ok(value) => attempt(|| experiment(value)),
            Err(stopped) => Attempt(Err(stopped.clone())),
        }
    }

    /// The figure of the experiment, or a card that names the exercise it waits for.
    pub fn figure(&self, draw: impl FnOnce(&T) -> Figure) -> Exhibit {
        match &self.0 {
            Ok(value) => Exhibit::Figure(Box::new(draw(value))),
            Err(stopped) => Exhibit::Waiting(waiting_card("figure", stopped)),
        }
    }

    /// The card with the claims about the experiment, or a card that names the exercise they wait for.
    pub fn claims(&self, about: &str, state: impl FnOnce(&T) -> Vec<Claim>) -> Card {
        match &self.0 {
            Ok(value) => {
                let card = claims(about, state(value));
                let next = match card.status {
                    _ if is_of_solutions() => "With the reference solutions.",
                    Status::Failed => "With your functions: if a check above has failed, begin there.",
                    _ => "With your functions.",
                };
                Card { next: next.to_owned(), ..card }
            }
            Err(stopped) => waiting_card(about, stopped),
        }
    }

    /// Prints what `tell` says about the result, or nothing while the experiment waits.
    pub fn report(&self, tell: impl FnOnce(&T) -> String) {
        if let Ok(value) = &self.0 {
            println!("{}", tell(value));
        }
    }
}

/// A figure, or the card shown in its place.
#[derive(Clone, Debug)]
pub enum Exhibit {
    /// The figure.
    Figure(Box<Figure>),
    /// The card that says what the figure waits for.
    Waiting(Card),
}

impl Exhibit {
    /// Shows the figure or the card as the result of a notebook's cell.
    pub fn evcxr_display(&self) {
        match self {
            Exhibit::Figure(figure) => figure.evcxr_display(),
            Exhibit::Waiting(card) => card.evcxr_display(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claim::claim;

    /// Below a check that has failed they may hold all the same.
    #[test]
    fn claims_say_whose_functions_they_are_about() {
        let attempt = attempt(|| 1.0);
        let card = |bound: f64| attempt.claims("figure", |&x| vec![claim("x", x).at_most(bound)]);
        assert_eq!((card(2.0).status, card(2.0).next.as_str()), (Status::Passed, "With your functions."));
        assert_eq!(card(0.5).next, "With your functions: if a check above has failed, begin there.");
    }
}

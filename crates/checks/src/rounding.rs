use super::claim::expected_and_got;
use super::compare::expect_number_or;
use super::report::{Report, report};
use course_protocol::card::Card;

/// Checks exercise 1/0.3: the two machine epsilons, exactly.
pub fn machine_epsilon(single: fn() -> f32, double: fn() -> f64) -> Card {
    report("1/0.3", |report| {
        let got = report.call(single)?;
        expect_epsilon(
            report,
            "f32",
            f64::from(got),
            23,
            2.0_f64.powi(-149),
            f64::from(f32::MIN_POSITIVE),
            f64::EPSILON,
        );
        let got = report.call(double)?;
        expect_epsilon(report, "f64", got, 52, f64::from_bits(1), f64::MIN_POSITIVE, f64::from(f32::EPSILON));
        Ok(())
    })
}

/// `tiny` and `normal` are the smallest subnormal and the smallest normal positive number; `other` is the epsilon of the other precision.
fn expect_epsilon(report: &mut Report, kind: &str, got: f64, digits: i32, tiny: f64, normal: f64, other: f64) {
    let epsilon = 2.0_f64.powi(-digits);
    let power_of_two = got > 0.0 && got.log2().fract() == 0.0;
    let not_halved =
        "This is not a power of two; start at 1 and divide by 2, and return the number itself, not a decimal";
    let too_large = "Adding half of this to 1 still makes a difference; go on halving until it does not, without a fixed number of times";
    let look = if got.is_nan() {
        "It is not a number; do you divide by zero?"
    } else if !power_of_two {
        not_halved
    } else if got > 2.0 * epsilon {
        too_large
    } else {
        ""
    };
    expect_number_or(
        report,
        &format!("the epsilon of {kind} is 2^-{digits}"),
        got,
        epsilon,
        0.0,
        &[
            (
                "1 plus this is 1: you halved once too often. Test whether *adding the half* to 1 still makes a difference (below 1 numbers are closer, so do not subtract)",
                epsilon / 2.0,
            ),
            ("You stopped one halving too early; adding half of this still makes a difference", epsilon * 2.0),
            ("This is 0 or the smallest number above it; compare 1 + epsilon with 1, not epsilon with 0", tiny),
            ("This is 0 or the smallest number above it; compare 1 + epsilon with 1, not epsilon with 0", normal),
            ("This is 0 or the smallest number above it; compare 1 + epsilon with 1, not epsilon with 0", 0.0),
            ("This is the epsilon of the other precision; add it to a 1 of the same type", other),
            ("You never halved it", 1.0),
        ],
        look,
    );
    let next = if digits == 23 { f64::from(1.0_f32.next_up()) } else { 1.0_f64.next_up() };
    if report.is_clean() {
        report.expect(1.0 + got == next, &format!("1 + epsilon is the next {kind} after 1"), || {
            format!("1 + epsilon: {}", expected_and_got(next, 1.0 + got))
        });
    }
}

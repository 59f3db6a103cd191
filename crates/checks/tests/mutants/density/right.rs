use spectral_course::check;
use spectral_course::solutions::{self, Reorthogonalization};

use super::{RIGHT, Slq, early, slq};
use crate::common::{assert_passed, assert_passed_with_streams, stream};

#[test]
fn other_right_versions_pass() {
    let cards = [
        check::slq_density(|a, m, s, grid, sigma, seed| slq(&RIGHT, a, m, s, grid, sigma, seed)),
        check::slq_density(|a, m, s, grid, sigma, seed| {
            slq(&Slq { reorthogonalization: Reorthogonalization::Conditional, ..RIGHT }, a, m, s, grid, sigma, seed)
        }),
        // Gaussians cut off where they are below rounding, or nearly.
        check::slq_density(|a, m, s, grid, sigma, seed| {
            let gaussian = |d: f64, sigma: f64| if d.abs() < 5.0 * sigma { (RIGHT.gaussian)(d, sigma) } else { 0.0 };
            slq(&Slq { gaussian, ..RIGHT }, a, m, s, grid, sigma, seed)
        }),
        check::slq_density(|a, m, s, grid, sigma, seed| {
            let gaussian = |d: f64, sigma: f64| if d.abs() < 6.0 * sigma { (RIGHT.gaussian)(d, sigma) } else { 0.0 };
            slq(&Slq { gaussian, ..RIGHT }, a, m, s, grid, sigma, seed)
        }),
        // A Lanczos of the student's own, which stops at a residual that is small compared with A.
        check::slq_density(|a, m, s, grid, sigma, seed| {
            let scale = matrix_free::linalg::norm(&(grid / grid.len() as f64)).max(1e-300);
            early(a, m, s, grid, sigma, seed, 1e-10 * scale)
        }),
    ];
    for card in cards {
        assert_passed(card);
    }
}

/// Luck: right probes from other streams must pass, all but one in 10,000 times.
#[test]
#[ignore = "a thousand streams take a minute"]
fn right_versions_pass_with_many_streams() {
    assert_passed_with_streams(1000, || {
        check::slq_density(|a, m, s, grid, sigma, seed| {
            solutions::slq_density(a, m, s, grid, sigma, seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ stream())
        })
    });
}

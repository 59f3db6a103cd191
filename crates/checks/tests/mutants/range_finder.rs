use matrix_free::linalg::{norm, orthonormalize, qr};
use matrix_free::probe::{CourseRng, Probe, gaussian_matrix, rng, seeds};
use ndarray::{Array1, Array2, Axis, s};
use rand::Rng;
use spectral_course::check;
use spectral_course::solutions;

use super::common::Says::{self, Cause, Difference};
use super::common::{Operator, Wrong, assert_all_rejected, assert_passed};

// 2/1.1 the range finder

fn gaussian(a: Operator, width: usize, seed: u64) -> Array2<f64> {
    Probe::Gaussian.draw_block(a.dim(), width, &mut rng(seed))
}

/// A block whose columns are drawn one by one.
fn by_columns(n: usize, width: usize, mut draw: impl FnMut(usize) -> Array1<f64>) -> Array2<f64> {
    let mut g = Array2::zeros((n, width));
    for (j, mut column) in g.columns_mut().into_iter().enumerate() {
        column.assign(&draw(j));
    }
    g
}

fn entrywise(a: Operator, width: usize, seed: u64, mut entry: impl FnMut(&mut CourseRng) -> f64) -> Array2<f64> {
    let mut rng = rng(seed);
    orthonormalize(&a.apply_block(&Array2::from_shape_simple_fn((a.dim(), width), || entry(&mut rng))))
}

type Student = fn(Operator, usize, u64) -> Array2<f64>;

pub(super) fn wrong() -> Vec<Wrong> {
    let wrong: Vec<(Says, Student)> = vec![
        (Cause("This is A G itself; `orthonormalize` it"), |a, width, seed| a.apply_block(&gaussian(a, width, seed))),
        (Cause("They span the columns of G"), |a, width, seed| {
            let g = gaussian(a, width, seed);
            a.apply_block(&g);
            orthonormalize(&g)
        }),
        (Cause("got 0. The basis must span A G"), |a, width, seed| orthonormalize(&gaussian(a, width, seed))),
        (Cause("numbers from `rng.random::<f64>()`"), |a, width, seed| {
            entrywise(a, width, seed, |rng| rng.random::<f64>())
        }),
        (Cause("uniform numbers, for example"), |a, width, seed| {
            entrywise(a, width, seed, |rng| 2.0 * rng.random::<f64>() - 1.0)
        }),
        (Cause("too few large entries"), |a, width, seed| {
            entrywise(a, width, seed, |rng| rng.random::<f64>() + rng.random::<f64>() - 1.0)
        }),
        (Cause("too many large entries"), |a, width, seed| {
            entrywise(a, width, seed, |rng| Probe::Gaussian.draw(1, rng)[0].powi(3))
        }),
        (Cause("or are correlated with each other"), |a, width, seed| {
            entrywise(a, width, seed, |rng| Probe::Gaussian.draw(1, rng)[0] + 0.5)
        }),
        (Cause("all the entries are positive"), |a, width, seed| {
            entrywise(a, width, seed, |rng| Probe::Gaussian.draw(1, rng)[0].abs())
        }),
        (Cause("are about Gaussian numbers"), |a, width, seed| {
            orthonormalize(&a.apply_block(&Probe::Rademacher.draw_block(a.dim(), width, &mut rng(seed))))
        }),
        (Cause("differ only in their signs"), |a, width, seed| {
            entrywise(a, width, seed, |rng| if rng.random::<f64>() < 0.4 { 1.0 } else { -1.0 })
        }),
        (Cause("different magnitudes"), |a, width, seed| {
            entrywise(a, width, seed, |rng| {
                f64::from(rng.random_range(1..=5)) * if rng.random::<bool>() { 1.0 } else { -1.0 }
            })
        }),
        (Cause("A Gaussian number is never zero"), |a, width, seed| {
            entrywise(
                a,
                width,
                seed,
                |rng| if rng.random::<f64>() < 0.7 { 0.0 } else { 1.0 } * Probe::Gaussian.draw(1, rng)[0],
            )
        }),
        (Cause("Columns of the identity see only some columns of A"), |a, width, _| {
            orthonormalize(&a.apply_block(&Array2::eye(a.dim()).slice(s![.., ..width])))
        }),
        (Cause("Create the generator once"), |a, width, seed| {
            orthonormalize(
                &a.apply_block(&by_columns(a.dim(), width, |_| Probe::Gaussian.draw(a.dim(), &mut rng(seed)))),
            )
        }),
        (Cause("overlaps with those of other seeds"), |a, width, seed| {
            // Neighbouring seeds share all columns but one.
            let draw = |j| Probe::Gaussian.draw(a.dim(), &mut rng(seed.wrapping_add(j as u64)));
            orthonormalize(&a.apply_block(&by_columns(a.dim(), width, draw)))
        }),
        (Cause("is the same for all columns if the seed is 0"), |a, width, seed| {
            let draw = |j| Probe::Gaussian.draw(a.dim(), &mut rng(seed.wrapping_mul(j as u64 + 1)));
            orthonormalize(&a.apply_block(&by_columns(a.dim(), width, draw)))
        }),
        (Cause("overlaps with those of other seeds"), |a, width, seed| {
            let draw = |j| Probe::Gaussian.draw(a.dim(), &mut rng(seed ^ j as u64));
            orthonormalize(&a.apply_block(&by_columns(a.dim(), width, draw)))
        }),
        (Cause("any number will do as a seed"), |a, width, seed| {
            // Right for small seeds.
            let draw = |j| Probe::Gaussian.draw(a.dim(), &mut rng(seed * 1000 + j as u64));
            orthonormalize(&a.apply_block(&by_columns(a.dim(), width, draw)))
        }),
        (Cause("are the same for every seed"), |a, width, seed| {
            // The first column is the same in all calls.
            let mut g = gaussian(a, width, seed);
            g.column_mut(0).assign(&Probe::Gaussian.draw(a.dim(), &mut rng(0)));
            orthonormalize(&a.apply_block(&g))
        }),
        (Cause("`seed` argument"), |a, width, _| solutions::range_finder(a, width, 0)),
        (Cause("`seed` argument"), |a, width, _| solutions::range_finder(a, width, rand::rng().random())),
        (Cause("gave the same vectors. Pass the seed to the generator as it is"), |a, width, seed| {
            solutions::range_finder(a, width, seed / 2)
        }),
        (Cause("gave the same vectors. Pass the seed"), |a, width, seed| solutions::range_finder(a, width, seed % 10)),
        (Cause("gave the same vectors. Pass the seed"), |a, width, seed| {
            solutions::range_finder(a, width, u64::from(seed as u8))
        }),
        (Cause("gave the same vectors. Pass the seed"), |a, width, seed| {
            solutions::range_finder(a, width, u64::from(seed as u16))
        }),
        (Cause("gave the same vectors. Pass the seed"), |a, width, seed| {
            solutions::range_finder(a, width, seed.max(1))
        }),
        (Cause("have come before. Draw every entry of every column anew"), |a, width, seed| {
            // Every column is the first, turned by one more place.
            let n = a.dim();
            let z = Probe::Gaussian.draw(n, &mut rng(seed));
            orthonormalize(&a.apply_block(&Array2::from_shape_fn((n, width), |(i, j)| z[(i + j) % n])))
        }),
        (Cause("resemble each other"), |a, width, seed| {
            let mut rng = rng(seed);
            let first = Probe::Gaussian.draw(a.dim(), &mut rng);
            let draw = |_| &first + &(Probe::Gaussian.draw(a.dim(), &mut rng) * 1.5);
            orthonormalize(&a.apply_block(&by_columns(a.dim(), width, draw)))
        }),
        (Cause("entries 0 and 1 of a column are correlated"), |a, width, seed| {
            let mut g = gaussian(a, width, seed);
            if a.dim() > 1 {
                let first = g.row(0).to_owned();
                g.row_mut(1).scaled_add(1.0, &first);
            }
            orthonormalize(&a.apply_block(&g))
        }),
        (Cause("entry 0 has another size"), |a, width, seed| {
            let mut g = gaussian(a, width, seed);
            g.row_mut(0).mapv_inplace(|x| 3.0 * x);
            orthonormalize(&a.apply_block(&g))
        }),
        (Cause("power iterations come in exercise 2.1"), |a, width, seed| {
            solutions::power_range_finder(a, width, 1, seed)
        }),
        (Cause("the same vectors again; keep the first product"), |a, width, seed| {
            let g = gaussian(a, width, seed);
            a.apply_block(&g);
            orthonormalize(&a.apply_block(&g))
        }),
        (Cause("You form the matrix"), |a, width, seed| {
            let dense = a.apply_block(&Array2::eye(a.dim()));
            orthonormalize(&dense.dot(&gaussian(a, width, seed)))
        }),
        (Cause("This is the transpose"), |a, width, seed| solutions::range_finder(a, width, seed).t().to_owned()),
        (Cause("This is the R of the QR factorisation"), |a, width, seed| {
            qr(&a.apply_block(&gaussian(a, width, seed))).1
        }),
        (Difference("expected 6 products, got 1"), |a, width, seed| {
            let z = a.apply(&Probe::Gaussian.draw(a.dim(), &mut rng(seed)));
            let mut y = gaussian(a, width, seed);
            y.column_mut(0).assign(&z);
            orthonormalize(&y)
        }),
        (Cause("draw `width` columns"), |a, width, seed| {
            let y = a.apply_block(&gaussian(a, width + 1, seed));
            orthonormalize(&y.slice(s![.., ..width]).to_owned())
        }),
        (Difference("expected (20, 1), got (20, 6)"), |a, width, seed| {
            // The width of the first calls, whatever is asked for.
            solutions::range_finder(a, if width == 1 { a.dim().min(6) } else { width }, seed)
        }),
        (Cause("but they are not orthogonal to each other"), |a, width, seed| {
            let y = a.apply_block(&gaussian(a, width, seed));
            &y / &(&y * &y).sum_axis(Axis(0)).mapv(f64::sqrt)
        }),
        (Cause("Is a column dropped when it is small?"), |a, width, seed| {
            // What is left of a column, if it is small, is taken for rounding.
            let (mut q, r) = qr(&a.apply_block(&gaussian(a, width, seed)));
            for j in (0..width).filter(|&j| r[[j, j]].abs() < 1e-4 * r[[0, 0]].abs()) {
                q.column_mut(j).assign(&Probe::Gaussian.draw(a.dim(), &mut rng(j as u64)));
            }
            orthonormalize(&q)
        }),
        (Cause("one pass of Gram-Schmidt"), |a, width, seed| {
            let y = a.apply_block(&gaussian(a, width, seed));
            let mut q = Array2::<f64>::zeros(y.dim());
            for j in 0..width {
                let mut v = y.column(j).to_owned();
                let inside = q.dot(&q.t().dot(&v));
                v -= &inside;
                q.column_mut(j).assign(&(&v / norm(&v)));
            }
            q
        }),
        (Cause("is its size compared with a fixed number?"), |a, width, seed| {
            // A column shorter than a fixed number counts as zero.
            let y = a.apply_block(&gaussian(a, width, seed));
            if y.iter().all(|y| y.abs() < 1e-5) { y } else { orthonormalize(&y) }
        }),
        (Difference("relative to A G, the part outside their span"), |a, width, seed| {
            // The last column of A G is forgotten.
            let mut y = a.apply_block(&gaussian(a, width, seed));
            if width > 1 {
                let first = y.column(0).mapv(f64::sin);
                y.column_mut(width - 1).assign(&first);
            }
            orthonormalize(&y)
        }),
    ];
    let finder = |student: Student| move || check::range_finder(student, solutions::range_error);
    wrong.into_iter().map(|(says, student)| Wrong::new(says, finder(student))).collect()
}

#[test]
fn wrong_versions_are_rejected() {
    assert_all_rejected("range_finder", wrong());
}

#[test]
fn other_right_versions_pass() {
    let finders: [Student; 8] = [
        // Column by column, by Gram-Schmidt twice.
        |a, width, seed| {
            let mut rng = rng(seed);
            let mut q = Array2::zeros((a.dim(), width));
            for j in 0..width {
                let mut y = a.apply(&Probe::Gaussian.draw(a.dim(), &mut rng));
                for _ in 0..2 {
                    let inside = q.dot(&q.t().dot(&y));
                    y -= &inside;
                }
                let length = y.dot(&y).sqrt();
                q.column_mut(j).assign(&(y / length));
            }
            q
        },
        // Row by row, from another stream.
        |a, width, seed| {
            orthonormalize(&a.apply_block(&gaussian_matrix(a.dim(), width, &mut rng(seed.wrapping_add(12345)))))
        },
        // A generator per column, with independent seeds.
        |a, width, seed| {
            let of_columns: Vec<u64> = seeds(seed).take(width).collect();
            let draw = |j: usize| Probe::Gaussian.draw(a.dim(), &mut rng(of_columns[j]));
            orthonormalize(&a.apply_block(&by_columns(a.dim(), width, draw)))
        },
        // Box and Muller.
        |a, width, seed| {
            entrywise(a, width, seed, |rng| {
                let (u, v): (f64, f64) = (1.0 - rng.random::<f64>(), rng.random());
                (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
            })
        },
        // Cut at four standard deviations.
        |a, width, seed| entrywise(a, width, seed, |rng| Probe::Gaussian.draw(1, rng)[0].clamp(-4.0, 4.0)),
        // The columns in reverse, with other lengths: the same space.
        |a, width, seed| {
            let mut y = a.apply_block(&(gaussian(a, width, seed) * 1e-3));
            y.invert_axis(Axis(1));
            -orthonormalize(&y)
        },
        // The start orthonormalised: the same space too.
        |a, width, seed| orthonormalize(&a.apply_block(&orthonormalize(&gaussian(a, width, seed)))),
        // Columns of length sqrt(n): the same space again.
        |a, width, seed| orthonormalize(&a.apply_block(&Probe::Sphere.draw_block(a.dim(), width, &mut rng(seed)))),
    ];
    for finder in finders {
        assert_passed(check::range_finder(finder, solutions::range_error));
    }
}

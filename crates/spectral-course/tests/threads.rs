//! "Same seed, same numbers, whatever the number of threads", to the last bit. The number is asked for once in a process, so
//! the test runs itself once for each.

use std::env;
use std::process::Command;

use matrix_free::linalg::linspace;
use matrix_free::operator::{SymmetricOperator, to_dense};
use matrix_free::probe::{Probe, gaussian_matrix, rng};
use small_networks::{Entk, GaussNewton, Hessian, tiny_cnn, tiny_mlp};
use spectral_course::prelude::load_mnist_7x7;
use spectral_course::solutions::{hutchinson_trace, randomized_eigh, slq_density, xtrace};

const PRINTS: &str = "print_results";

/// The bits of some numbers as one.
fn bits<'a>(values: impl IntoIterator<Item = &'a f64>) -> u64 {
    // The multiplier of FNV-1a: any odd number that mixes would do.
    values.into_iter().fold(0, |hash, value| (hash ^ value.to_bits()).wrapping_mul(0x0100_0000_01b3))
}

#[test]
#[ignore = "the other test runs it, in a process with its number of threads"]
fn print_results() {
    let (x, y) = load_mnist_7x7(300, 0).expect("the digits");
    let model = tiny_mlp(0);
    let (hessian, kernel) = (Hessian::new(&model, &x, &y), Entk::new(&model, &x));
    let (convolution, gauss_newton) = (tiny_cnn(0), GaussNewton::new(&tiny_cnn(0), &x, &y));
    let of_convolution = gaussian_matrix(gauss_newton.dim(), 37, &mut rng(1));
    // 37 is no multiple of any block.
    let block = gaussian_matrix(hessian.dim(), 37, &mut rng(1));
    let vectors = gaussian_matrix(kernel.dim(), 37, &mut rng(1));
    let density = slq_density(&hessian, 5, 20, &linspace(-2.0, 5.0, 50), 0.05, 0);
    let results = [
        ("products by the Hessian", bits(&hessian.apply_block(&block))),
        ("products by the kernel", bits(&kernel.apply_block(&vectors))),
        ("convolution, Hessian", bits(&Hessian::new(&convolution, &x, &y).apply_block(&of_convolution))),
        ("convolution, Gauss-Newton", bits(&gauss_newton.apply_block(&of_convolution))),
        ("kernel", bits(&to_dense(&kernel))),
        ("trace", bits(&hutchinson_trace(&hessian, 50, Probe::Rademacher, 0).samples)),
        ("XTrace", bits(&xtrace(&hessian, 40, 0).samples)),
        ("density", bits(&density)),
        ("eigenvalues of the kernel", bits(&randomized_eigh(&kernel, 5, 10, 1, 0).values)),
    ];
    for (name, bits) in results {
        println!("result {name}: {bits:016x}");
    }
}

fn results_on(threads: usize) -> Vec<String> {
    let program = env::current_exe().expect("this test");
    let output = Command::new(program)
        .args(["--exact", PRINTS, "--ignored", "--nocapture"])
        .env(course_protocol::variables::THREADS, threads.to_string())
        .output()
        .expect("this test runs again");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    printed.lines().filter(|line| line.starts_with("result ")).map(str::to_owned).collect()
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let alone = results_on(1);
    assert_eq!(alone.len(), 9, "{alone:?}");
    for threads in [2, 3, 7] {
        assert_eq!(results_on(threads), alone, "{threads} threads");
    }
}

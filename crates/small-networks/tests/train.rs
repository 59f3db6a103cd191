//! Training, on the digits.

use small_networks::data::load_mnist_7x7;
use small_networks::{Sgd, tiny_mlp, train};

#[test]
fn training_lowers_the_loss_and_is_the_same_for_the_same_seed() {
    let (x, y) = load_mnist_7x7(300, 0).expect("the data files are there");
    let trained = |seed| {
        let mut model = tiny_mlp(0);
        train(&mut model, &x, &y, &Sgd { seed, ..Sgd::default() });
        model
    };
    let before = tiny_mlp(0);
    let after = trained(0);
    assert!(after.loss(&x, &y) < 0.2 * before.loss(&x, &y), "{} from {}", after.loss(&x, &y), before.loss(&x, &y));
    assert!(after.accuracy(&x, &y) > 0.9 && before.accuracy(&x, &y) < 0.4);
    assert_eq!(after.params(), trained(0).params());
    assert_ne!(after.params(), trained(1).params());
}

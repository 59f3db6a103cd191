//! What holds for every model: the two networks of the course, and others.

mod cnn;
mod common;
mod gauss_newton;
mod own;

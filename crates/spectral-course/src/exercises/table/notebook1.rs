use super::Exercise;

pub(super) static EXERCISES: &[Exercise] = &[];

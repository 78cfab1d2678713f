//! Change → SQL. Pure.

pub mod quote;

//! evt as Prisma's schema engine: requests and answers, its command line, and how it ends.
//!
//! A case is a file in `tests/fixtures/engine`. A section `-- path --` is a file of the project (a body `removed` takes it
//! away), `-- sql --` changes the database, `-- $ sql --` looks into it, `-- > method --` is a request with its
//! parameters, and holds what comes back: `print` lines, then the result or the error. `UPDATE=1 cargo test` writes what
//! comes back now. One process answers all requests of a case; it is started with the files named `schema*.prisma` that
//! are there by then, and with what `-- arguments --` says. In parameters a text `<file.prisma>` stands for that file as a schema, `<migrations>` for the
//! folder as a list, `<folder>` for the project's path, `<url>` and `<missing>` for databases; a key `...` puts the keys
//! of its value in its place.
//!
//! `prisma-<version>.json` is what Prisma's own engine answers to the same requests (recorded by
//! `tests/oracle/rpc.mjs`): results as they are but for texts for people, of errors the code. What is different says so
//! under `-- deviation --` or `-- deviation in <version> --`.

mod cases;
mod codes;
mod process;

use libtest_mimic::Trial;

pub(crate) fn tests() -> Vec<Trial> {
    [cases::tests(), codes::tests(), process::tests()].into_iter().flatten().collect()
}

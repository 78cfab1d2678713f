//! Where the generators of Prisma Client are, which `provider` names without a path.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::process::Start;

/// Speaks the protocol for a generator that is only a class of a package.
const RUNNER: &str = include_str!("runner.cjs");

/// A generator of Prisma Client.
struct Client {
    provider: &'static str,
    /// The package that `npm install @prisma/client` of Prisma 6 brings, as a program of its own.
    program: Option<&'static str>,
    /// The package with nothing but the generator, and its class.
    package: &'static str,
    class: &'static str,
}

const CLIENTS: [Client; 2] = [
    Client {
        provider: "prisma-client-js",
        program: Some("@prisma/client/generator-build/index.js"),
        package: "@prisma/client-generator-js",
        class: "PrismaClientJsGenerator",
    },
    Client {
        provider: "prisma-client",
        program: None,
        package: "@prisma/client-generator-ts",
        class: "PrismaClientTsGenerator",
    },
];

/// How the generator of a `provider` is started.
///
/// # Errors
/// The package to install, if it is a generator of Prisma Client that is not installed above `folder`.
pub(super) fn start(provider: &str, folder: &Path) -> Result<Start, &'static str> {
    let Some(client) = CLIENTS.iter().find(|client| client.provider == provider) else {
        return Ok(Start::Shell(provider.to_owned()));
    };
    let program = client.program.and_then(|program| installed(folder, program));
    if let Some(program) = program {
        return Ok(Start::Node(program, Vec::new()));
    }
    if let Some(package) = installed(folder, client.package) {
        let code = OsString::from(RUNNER);
        // `node -e CODE PACKAGE CLASS`
        return Ok(Start::Node(PathBuf::from("-e"), vec![code, package.into_os_string(), client.class.into()]));
    }
    Err(client.package)
}

/// A file or package of the project or of a folder above it.
fn installed(folder: &Path, path: &str) -> Option<PathBuf> {
    folder.ancestors().map(|folder| folder.join("node_modules").join(path)).find(|path| path.exists())
}

/// PATH with the programs of the project before it, as npm sets it.
pub(super) fn search_path(folder: &Path, path: Option<&str>) -> Option<OsString> {
    let own = folder.ancestors().map(|folder| folder.join("node_modules/.bin"));
    let own: Vec<PathBuf> = own.filter(|folder| folder.is_dir()).collect();
    let rest = path.map(std::env::split_paths).into_iter().flatten();
    if own.is_empty() { None } else { std::env::join_paths(own.into_iter().chain(rest)).ok() }
}

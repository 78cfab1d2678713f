//! Settings and projects in temporary folders: what is found, which of several wins, and what is said when nothing is.

use std::fs;
use std::path::{Path, PathBuf};

use evt::config::{ConfigError, Context, Dotenv, Environment, Note, Project, ProjectArgs, Settings};
use evt::error::Error;
use libtest_mimic::{Failed, Trial};
use tempfile::TempDir;

pub(crate) fn tests() -> Vec<Trial> {
    let mut tests: Vec<Trial> =
        ROWS.iter().map(|row| Trial::test(format!("config: {}", row.name), || check(row))).collect();
    for row in COMPUTED {
        let test = Trial::test(format!("config: {}", row.name), || check(row));
        tests.push(test.with_ignored_flag(!has_node()));
    }
    #[cfg(unix)]
    tests.push(Trial::test("config: links are followed, and a circle of links ends", links));
    tests.push(Trial::test("config: random files are read or refused", random_files));
    tests
}

/// A schema in the style of Prisma 6, and one in that of Prisma 7.
const SIX: &str = "datasource db {\n  provider = \"postgresql\"\n  url = env(\"DATABASE_URL\")\n}\n";
const SEVEN: &str = "datasource db {\n  provider = \"postgresql\"\n}\n";
const MODEL: &str = "model A {\n  id Int @id\n}\n";
const URL: &str = "postgresql://u:hunter2@h/db";

/// One project and what follows from it.
struct Row {
    name: &'static str,
    /// Paths with texts; a path that ends with a slash is an empty folder.
    files: &'static [(&'static str, &'static str)],
    env: &'static [(&'static str, &'static str)],
    /// The working directory, below the folder of the files.
    cwd: &'static str,
    schema: Option<&'static str>,
    config: Option<&'static str>,
    /// Names of facts with their expected values; see [`fact`].
    wants: &'static [(&'static str, &'static str)],
}

const EMPTY: Row = Row { name: "", files: &[], env: &[], cwd: "", schema: None, config: None, wants: &[] };

const ROWS: &[Row] = &[
    // Finding the schema
    Row {
        name: "schema beside",
        files: &[("schema.prisma", SEVEN), ("prisma/schema.prisma", SEVEN)],
        wants: &[("schema", "schema.prisma (the default)"), ("migrations", "migrations (the default)")],
        ..EMPTY
    },
    Row {
        name: "schema in the folder prisma",
        files: &[("prisma/schema.prisma", SEVEN)],
        wants: &[("schema", "prisma/schema.prisma (the default)"), ("migrations", "prisma/migrations (the default)")],
        ..EMPTY
    },
    Row {
        name: "a folder with the default name is no default",
        files: &[("schema.prisma/x.prisma", SEVEN)],
        wants: &[("error", "found no schema; looked for `schema.prisma` and `prisma/schema.prisma`")],
        ..EMPTY
    },
    Row {
        name: "no schema",
        wants: &[
            ("error", "found no schema; looked for `schema.prisma` and `prisma/schema.prisma`"),
            ("hint", "name it with `--schema <path>`, or in `evt.toml`, `prisma.config.ts` or `package.json`"),
        ],
        ..EMPTY
    },
    Row {
        name: "flag",
        files: &[("schema.prisma", SEVEN), ("x/y.prisma", SEVEN)],
        schema: Some("x/y.prisma"),
        wants: &[("schema", "x/y.prisma (`--schema`)"), ("migrations", "x/migrations (the default)")],
        ..EMPTY
    },
    Row {
        name: "flag without file",
        files: &[("schema.prisma", SEVEN)],
        schema: Some("x.prisma"),
        wants: &[("error", "there is no file or folder `x.prisma`, which `--schema` names")],
        ..EMPTY
    },
    Row {
        name: "folder: every file in it, whatever the folders are called",
        files: &[
            ("s/b.prisma", MODEL),
            ("s/a.prisma", "model B {\n  id Int @id\n}\n"),
            ("s/.x/node_modules/c.prisma", SEVEN),
            ("s/note.txt", "no schema"),
        ],
        schema: Some("s"),
        wants: &[
            ("files", "s/.x/node_modules/c.prisma s/a.prisma s/b.prisma"),
            ("migrations", "s/migrations (the default)"),
        ],
        ..EMPTY
    },
    Row {
        name: "folder: Prisma 6 puts migrations beside the datasource",
        files: &[("s/m/a.prisma", MODEL), ("s/d/main.prisma", SIX)],
        schema: Some("s"),
        wants: &[("migrations", "s/d/migrations (the default)")],
        ..EMPTY
    },
    Row {
        name: "folder without schema files",
        files: &[("s/note.txt", "")],
        schema: Some("s"),
        wants: &[("error", "the folder `s`, which `--schema` names, contains no file ending in `.prisma`")],
        ..EMPTY
    },
    Row {
        name: "package.json above",
        files: &[
            ("package.json", r#"{ "prisma": { "schema": "db/x.prisma", "seed": "node seed.js" } }"#),
            ("db/x.prisma", SEVEN),
            ("a/b/", ""),
        ],
        cwd: "a/b",
        wants: &[("schema", "../../db/x.prisma (`prisma.schema` in `../../package.json`)"), ("seed", "node seed.js")],
        ..EMPTY
    },
    Row {
        name: "package.json with a number",
        files: &[("package.json", r#"{ "prisma": { "schema": 1 } }"#)],
        wants: &[("error", "`prisma.schema` in `package.json` has to be a text that is not empty")],
        ..EMPTY
    },
    Row {
        name: "the generated client is no project",
        files: &[
            ("package.json", r#"{ "prisma": { "schema": "x.prisma" } }"#),
            ("x.prisma", SEVEN),
            ("c/package.json", r#"{ "name": ".prisma/client", "prisma": { "schema": "y.prisma" } }"#),
        ],
        cwd: "c",
        wants: &[("schema", "../x.prisma (`prisma.schema` in `../package.json`)")],
        ..EMPTY
    },
    Row {
        name: "invalid schema",
        files: &[("schema.prisma", "model A {\n  id Strng @id\n}\n")],
        wants: &[("error", "the schema is invalid"), ("code", "P1012")],
        ..EMPTY
    },
    // Which of several wins
    Row {
        name: "order: flag, variable, evt.toml, configuration, package.json, default",
        files: &[
            ("1.prisma", SEVEN),
            ("2.prisma", SEVEN),
            ("3.prisma", SEVEN),
            ("4.prisma", SEVEN),
            ("5.prisma", SEVEN),
            ("schema.prisma", SEVEN),
            ("evt.toml", "schema = '3.prisma'"),
            ("prisma.config.ts", "export default { schema: '4.prisma' }"),
            ("package.json", r#"{ "prisma": { "schema": "5.prisma" } }"#),
        ],
        env: &[("EVT_SCHEMA", "2.prisma")],
        schema: Some("1.prisma"),
        wants: &[("schema", "1.prisma (`--schema`)")],
        ..EMPTY
    },
    Row {
        name: "order: variable before evt.toml",
        files: &[("2.prisma", SEVEN), ("evt.toml", "schema = '3.prisma'")],
        env: &[("EVT_SCHEMA", "2.prisma")],
        wants: &[("schema", "2.prisma (the environment variable `EVT_SCHEMA`)")],
        ..EMPTY
    },
    Row {
        name: "order: evt.toml before configuration; found above",
        files: &[
            ("3.prisma", SEVEN),
            ("evt.toml", "schema = '3.prisma'\nstate = 'off'\n[migrations]\npath = 'm'\nlock_timeout = 7"),
            ("a/prisma.config.ts", "export default { schema: '4.prisma' }"),
        ],
        cwd: "a",
        wants: &[
            ("schema", "../3.prisma (`schema` in `../evt.toml`)"),
            ("migrations", "../m (`migrations.path` in `../evt.toml`)"),
            ("lock timeout", "7"),
            ("state", "off"),
        ],
        ..EMPTY
    },
    Row {
        name: "order: configuration before package.json",
        files: &[
            ("4.prisma", SEVEN),
            ("prisma.config.ts", "export default { schema: './4.prisma', migrations: { path: 'm', seed: 's' } }"),
            ("package.json", r#"{ "prisma": { "schema": "5.prisma", "seed": "t" } }"#),
        ],
        wants: &[
            ("schema", "4.prisma (`schema` in `prisma.config.ts`)"),
            ("migrations", "m (`migrations.path` in `prisma.config.ts`)"),
            ("seed", "s"),
        ],
        ..EMPTY
    },
    // evt.toml
    Row {
        name: "evt.toml: unknown key",
        files: &[("evt.toml", "[migrations]\npaht = 'x'")],
        wants: &[(
            "error",
            "`evt.toml` has a key `migrations.paht` that is not known; did you mean `migrations.path`?",
        )],
        ..EMPTY
    },
    Row {
        name: "evt.toml: wrong type",
        files: &[("evt.toml", "[migrations]\nlock_timeout = '7'")],
        wants: &[("error", "`migrations.lock_timeout` in `evt.toml` has to be a whole number")],
        ..EMPTY
    },
    Row {
        name: "evt.toml: not TOML",
        files: &[("evt.toml", "\n\nschema =")],
        wants: &[("error starts", "`evt.toml` cannot be read, line 3: ")],
        ..EMPTY
    },
    Row {
        name: "evt.toml: URL with a variable",
        files: &[
            ("schema.prisma", SIX),
            ("evt.toml", "[database]\nurl = 'postgresql://u:${PW}@h/db'\nshadow_url = '${NONE}'"),
        ],
        env: &[("PW", "hunter2")],
        wants: &[("url", "postgresql://u@h/db"), ("shadow", "none")],
        ..EMPTY
    },
    Row {
        name: "evt.toml: URL with a variable that is not set",
        files: &[("schema.prisma", SIX), ("evt.toml", "[database]\nurl = 'postgresql://u:${PW}@h/db'")],
        wants: &[
            ("url", "error: the environment variable `PW`, which `database.url` in `evt.toml` refers to, is not set"),
            ("code", "P1012"),
        ],
        ..EMPTY
    },
    // .env
    Row {
        name: ".env beside",
        files: &[("schema.prisma", SIX), (".env", "DATABASE_URL=postgresql://u:hunter2@h/db")],
        wants: &[("url", "postgresql://u@h/db"), ("notes", "dotenv .env")],
        ..EMPTY
    },
    Row {
        name: ".env in the folder prisma, before the one beside",
        files: &[
            ("prisma/schema.prisma", SIX),
            ("prisma/.env", "DATABASE_URL=postgresql://prisma/db"),
            (".env", "DATABASE_URL=postgresql://root/db"),
        ],
        wants: &[("url", "postgresql://prisma/db"), ("notes", "dotenv prisma/.env")],
        ..EMPTY
    },
    Row {
        name: ".env beside package.json wins over the one of the schema",
        files: &[
            ("package.json", "{}"),
            (".env", "DATABASE_URL=postgresql://root/db"),
            ("prisma/schema.prisma", SIX),
            ("prisma/.env", "DATABASE_URL=postgresql://prisma/db\nMORE=1"),
        ],
        wants: &[("url", "postgresql://root/db"), ("notes", "dotenv .env, dotenv prisma/.env"), ("variable MORE", "1")],
        ..EMPTY
    },
    Row {
        name: ".env: equal values in two files",
        files: &[("package.json", "{}"), (".env", "A=1\nB=1\nC=2"), ("prisma/.env", "A=1\nB=1\nC=3")],
        wants: &[(
            "error",
            "`A` and `B` have the same value in `.env` and in `prisma/.env`; remove it from one of them",
        )],
        ..EMPTY
    },
    Row {
        name: ".env beside the schema that the flag names",
        files: &[
            ("x/y.prisma", SIX),
            ("x/.env", "DATABASE_URL=postgresql://x/db"),
            (".env", "DATABASE_URL=postgresql://root/db"),
        ],
        schema: Some("x/y.prisma"),
        wants: &[("url", "postgresql://x/db")],
        ..EMPTY
    },
    Row {
        name: ".env never replaces the process, and refers to it",
        files: &[("schema.prisma", SIX), (".env", "DATABASE_URL=nonsense\nB=${A}${DATABASE_URL}")],
        env: &[("DATABASE_URL", URL), ("A", "a ")],
        wants: &[("url", "postgresql://u@h/db"), ("variable B", "a postgresql://u:hunter2@h/db")],
        ..EMPTY
    },
    Row {
        name: ".env is not read beside a configuration",
        files: &[
            ("schema.prisma", SIX),
            (".env", "DATABASE_URL=postgresql://u:hunter2@h/db"),
            ("prisma.config.ts", "export default {}"),
        ],
        wants: &[
            (
                "url",
                "error: the environment variable `DATABASE_URL`, which `url` in the datasource block refers to, is not set",
            ),
            ("notes", "config prisma.config.ts, skipped .env"),
        ],
        ..EMPTY
    },
    Row {
        name: ".env is read by the configuration itself",
        files: &[
            ("schema.prisma", SEVEN),
            (".env", "DATABASE_URL=postgresql://u:hunter2@h/db"),
            (
                "prisma.config.ts",
                "import 'dotenv/config'\nimport { defineConfig, env } from 'prisma/config'\nexport default defineConfig({ datasource: { url: env('DATABASE_URL') } })",
            ),
        ],
        wants: &[("url", "postgresql://u@h/db"), ("notes", "config prisma.config.ts")],
        ..EMPTY
    },
    Row {
        name: "a schema without url and without configuration takes DATABASE_URL",
        files: &[("schema.prisma", SEVEN), (".env", "DATABASE_URL=postgresql://u:hunter2@h/db")],
        wants: &[("url", "postgresql://u@h/db")],
        ..EMPTY
    },
    // URLs
    Row {
        name: "url: nobody says",
        files: &[("schema.prisma", SEVEN)],
        wants: &[
            ("url", "error: nobody says where the database is"),
            (
                "hint",
                "set the variable `DATABASE_URL`, here or in a `.env` file, `datasource.url` in `prisma.config.ts`, or `url` in the datasource block",
            ),
        ],
        ..EMPTY
    },
    Row {
        name: "url: the configuration does not say",
        files: &[("schema.prisma", SEVEN), ("prisma.config.mjs", "export default {}")],
        wants: &[("hint", "set `datasource.url` in `prisma.config.mjs`, or the variable `EVT_DATABASE_URL`")],
        ..EMPTY
    },
    Row {
        name: "url: unset variable",
        files: &[("schema.prisma", SIX)],
        wants: &[
            (
                "url",
                "error: the environment variable `DATABASE_URL`, which `url` in the datasource block refers to, is not set",
            ),
            ("check", "P1012"),
            ("code", "P1012"),
        ],
        ..EMPTY
    },
    Row {
        name: "url: empty variable",
        files: &[("schema.prisma", SIX)],
        env: &[("DATABASE_URL", "")],
        wants: &[
            (
                "url",
                "error: the environment variable `DATABASE_URL`, which `url` in the datasource block refers to, is empty",
            ),
            ("check", "P1012"),
        ],
        ..EMPTY
    },
    Row {
        name: "url: another database's scheme",
        files: &[("schema.prisma", SIX)],
        env: &[("DATABASE_URL", "mysql://u:hunter2@h/db")],
        wants: &[
            (
                "url",
                "error: the environment variable `DATABASE_URL` is no usable database URL: the database URL has to start \
                 with `postgresql://`, `postgres://` or `local:`, and not with `mysql://`",
            ),
            ("check", "P1013"),
        ],
        ..EMPTY
    },
    Row {
        name: "url: what only a connection needs does not make a schema invalid",
        files: &[("schema.prisma", SIX)],
        env: &[("DATABASE_URL", "prisma://accelerate?api_key=hunter2")],
        wants: &[("check", "fine"), ("code", "P1013")],
        ..EMPTY
    },
    Row {
        name: "url: the direct one wins",
        files: &[(
            "schema.prisma",
            "datasource db {\n  provider = \"postgresql\"\n  url = \"postgresql://pooled/db\"\n  directUrl = \"postgresql://direct/db\"\n  shadowDatabaseUrl = env(\"SHADOW\")\n}\n",
        )],
        wants: &[("url", "postgresql://direct/db"), ("shadow", "none")],
        ..EMPTY
    },
    Row {
        name: "url: shadow by variable",
        files: &[(
            "schema.prisma",
            "datasource db {\n  provider = \"postgresql\"\n  url = \"postgresql://h/db\"\n  shadowDatabaseUrl = env(\"SHADOW\")\n}\n",
        )],
        env: &[("SHADOW", "postgresql://h/shadow")],
        wants: &[("shadow", "postgresql://h/shadow")],
        ..EMPTY
    },
    Row {
        name: "url: EVT_DATABASE_URL wins over every file",
        files: &[
            ("schema.prisma", SIX),
            ("prisma.config.ts", "export default { datasource: { url: 'postgresql://config/db' } }"),
        ],
        env: &[("EVT_DATABASE_URL", URL), ("DATABASE_URL", "postgresql://other/db")],
        wants: &[("url", "postgresql://u@h/db")],
        ..EMPTY
    },
    Row {
        name: "url: of the configuration wins over the schema's",
        files: &[
            ("schema.prisma", SIX),
            (
                "prisma.config.ts",
                "export default { engine: 'classic', datasource: { url: 'postgresql://config/db', shadowDatabaseUrl: 'postgresql://config/s' } }",
            ),
        ],
        env: &[("DATABASE_URL", "postgresql://other/db")],
        wants: &[("url", "postgresql://config/db"), ("shadow", "postgresql://config/s")],
        ..EMPTY
    },
    Row {
        name: "url: a local folder starts where it was written",
        files: &[
            ("schema.prisma", SIX),
            (".env", "DATABASE_URL=local:.evt/db?schema=a"),
            ("package.json", "{}"),
            ("x/schema.prisma", SIX),
        ],
        cwd: "x",
        wants: &[("url", "local:<root>/.evt/db?schema=a")],
        ..EMPTY
    },
    // prisma.config
    Row {
        name: "configuration: in .config",
        files: &[("schema.prisma", SEVEN), (".config/prisma.ts", "export default { schema: '../schema.prisma' }")],
        wants: &[("schema", "schema.prisma (`schema` in `.config/prisma.ts`)")],
        ..EMPTY
    },
    Row {
        name: "configuration: named; defaults start beside it",
        files: &[("schema.prisma", SEVEN), ("c/my.config.mts", "export default {}"), ("c/prisma/schema.prisma", SEVEN)],
        config: Some("c/my.config.mts"),
        wants: &[("schema", "c/prisma/schema.prisma (the default)"), ("notes", "config c/my.config.mts")],
        ..EMPTY
    },
    Row {
        name: "configuration: named, not there",
        config: Some("none.ts"),
        wants: &[("error", "there is no file or folder `none.ts`, which `--config` names")],
        ..EMPTY
    },
    Row {
        name: "configuration: named, wrong extension",
        files: &[("prisma.json", "{}")],
        config: Some("prisma.json"),
        wants: &[(
            "error",
            "`prisma.json` is no configuration file: its name has to end in `.ts`, `.mts`, `.cts`, `.js`, `.mjs` or `.cjs`",
        )],
        ..EMPTY
    },
    Row {
        name: "configuration: broken",
        files: &[("prisma.config.ts", "export default {\n  schema: ,\n}")],
        wants: &[("error starts", "`prisma.config.ts` cannot be read, line 2: ")],
        ..EMPTY
    },
    Row {
        name: "configuration: unknown key",
        files: &[("prisma.config.ts", "export default { migrations: { seeds: 'x' } }")],
        wants: &[(
            "error",
            "`prisma.config.ts` has a key `migrations.seeds` that is not known; did you mean `migrations.seed`?",
        )],
        ..EMPTY
    },
    Row {
        name: "configuration: wrong type",
        files: &[("prisma.config.ts", "export default { migrations: 'x' }")],
        wants: &[("error", "`migrations` in `prisma.config.ts` has to be an object")],
        ..EMPTY
    },
    Row {
        name: "configuration: no object",
        files: &[("prisma.config.ts", "export const a = 1")],
        wants: &[("error", "`export default` in `prisma.config.ts` has to be an object")],
        ..EMPTY
    },
    Row {
        name: "configuration: what evt does not need may be anything",
        files: &[
            ("schema.prisma", SEVEN),
            (
                "prisma.config.ts",
                "import { adapter } from './adapter'\nexport default { adapter: () => adapter, experimental: { adapter: true }, studio: { adapter }, tables: { external: ['public.a'] } }",
            ),
        ],
        wants: &[("schema", "schema.prisma (the default)"), ("external", "public.a")],
        ..EMPTY
    },
    Row {
        name: "configuration: a missing variable is an error only for who needs it",
        files: &[
            ("schema.prisma", SEVEN),
            (
                "prisma.config.ts",
                "import { env } from 'prisma/config'\nexport default { datasource: { url: env('NONE') } }",
            ),
        ],
        wants: &[
            ("schema", "schema.prisma (the default)"),
            (
                "url",
                "error: the environment variable `NONE`, which `datasource.url` in `prisma.config.ts` refers to, is not set",
            ),
        ],
        ..EMPTY
    },
];

/// Configurations that only a runtime understands. Without Node.js they are reported as ignored.
const COMPUTED: &[Row] = &[
    Row {
        name: "computed: a secret that is waited for, in a module of the project's own",
        files: &[
            ("schema.prisma", SEVEN),
            (
                "secrets.mjs",
                "export async function secret(name) {\n  return `postgresql://u:${process.env[name]}@h/db`;\n}\n",
            ),
            (
                "prisma.config.mjs",
                "import { defineConfig } from 'prisma/config'\nimport { secret } from './secrets.mjs'\n\
                 const url = await secret('PW')\nexport default defineConfig({ datasource: { url } })",
            ),
            (".env", ""),
        ],
        wants: &[("url", "postgresql://u@h/db")],
        ..EMPTY
    },
    Row {
        name: "computed: a class that checks the environment",
        files: &[
            ("a.prisma", SEVEN),
            (
                "prisma.config.mjs",
                "class Environment {\n  get(name, fallback) {\n    return process.env[name] ?? fallback;\n  }\n}\n\
                 export default { schema: new Environment().get('SCHEMA', 'a.prisma') }",
            ),
        ],
        wants: &[("schema", "a.prisma (`schema` in `prisma.config.mjs`)")],
        ..EMPTY
    },
    Row {
        name: "computed: settings from a file of the project",
        files: &[
            ("a.prisma", SEVEN),
            ("database.json", r#"{ "schema": "a.prisma", "seed": "node seed.js" }"#),
            (
                "prisma.config.cjs",
                "const { readFileSync } = require('node:fs')\nconst s = JSON.parse(readFileSync(`${__dirname}/database.json`, 'utf8'))\n\
                 module.exports = { schema: s.schema, migrations: { seed: s.seed } }",
            ),
        ],
        wants: &[("schema", "a.prisma (`schema` in `prisma.config.cjs`)"), ("seed", "node seed.js")],
        ..EMPTY
    },
    Row {
        name: "computed: a function of its own, and noise",
        files: &[
            ("a.prisma", SEVEN),
            (
                "prisma.config.mjs",
                "import { defineConfig, env } from 'prisma/config'\nconsole.log('noise')\nconst f = (x) => x + '.prisma'\n\
                 export default defineConfig({ schema: f('a'), datasource: { url: env('X') } })",
            ),
        ],
        env: &[],
        wants: &[
            ("schema", "a.prisma (`schema` in `prisma.config.mjs`)"),
            (
                "url",
                "error: the environment variable `X`, which `datasource.url` in `prisma.config.mjs` refers to, is not set",
            ),
        ],
        ..EMPTY
    },
    Row {
        name: "computed: CommonJS",
        files: &[
            ("a.prisma", SEVEN),
            (
                "prisma.config.cjs",
                "const { defineConfig } = require('prisma/config')\nmodule.exports = defineConfig({ schema: ['a', 'prisma'].join('.') })",
            ),
        ],
        wants: &[("schema", "a.prisma (`schema` in `prisma.config.cjs`)")],
        ..EMPTY
    },
    Row {
        name: "computed: an error of the configuration, without passwords",
        files: &[("prisma.config.mjs", "throw new Error('cannot reach postgresql://u:hunter2@h/db')")],
        wants: &[(
            "error",
            "`the configuration` in `prisma.config.mjs` is computed, line 1: `throw new Error('cannot reach \
             postgresql://u@h/db')`; evt reads literals, `env(\"X\")`, `process.env.X`, `??`, `||` and `path.join`, and runs \
             anything else with Node.js or Bun, but `node` failed: cannot reach postgresql://u@h/db",
        )],
        ..EMPTY
    },
];

fn has_node() -> bool {
    std::process::Command::new("node").arg("--version").output().is_ok_and(|output| output.status.success())
}

fn check(row: &Row) -> Result<(), Failed> {
    let folder = project(row.files)?;
    // The folder as the system names it, so that paths can be compared.
    let root = fs::canonicalize(folder.path())?;
    let cwd = root.join(row.cwd);
    let cwd = PathBuf::from(cwd.to_string_lossy().trim_end_matches('/'));
    let context = Context { cwd, environment: Environment::new(row.env.iter().copied()) };
    let args = ProjectArgs {
        schema: row.schema.map(PathBuf::from),
        config: row.config.map(PathBuf::from),
        ..ProjectArgs::default()
    };
    let project = Project::load(&args, &context);
    for (name, wanted) in row.wants {
        let found = fact(name, &project, &args, &context).replace(&root.display().to_string(), "<root>");
        let same = if *name == "error starts" { found.starts_with(wanted) } else { found == *wanted };
        if !same {
            return Err(format!("{name}:\n  expected {wanted}\n  found    {found}").into());
        }
    }
    Ok(())
}

/// A fact about a project as text.
fn fact(name: &str, project: &Result<Project, ConfigError>, args: &ProjectArgs, context: &Context) -> String {
    match (name, project) {
        ("code", project) => {
            let error = match project {
                Err(_) => Project::load(args, context).err(),
                Ok(project) => project.url().err(),
            };
            return error.and_then(|error| Error::from(error).code()).map_or("none".to_owned(), |c| c.to_string());
        }
        ("hint", project) => {
            let error = match project {
                Err(_) => Project::load(args, context).err(),
                Ok(project) => project.url().err(),
            };
            return error.and_then(|error| Error::from(error).hint()).unwrap_or_default();
        }
        ("error" | "error starts", Err(error)) => return error.to_string(),
        _ => {}
    }
    let project = match project {
        Ok(project) => project,
        Err(error) => return format!("error: {error}"),
    };
    let settings = &project.settings;
    match name {
        "schema" => format!("{} ({})", project.files.shown(&context.cwd).display(), project.files.origin),
        "files" => project.files.sources.iter().map(|source| source.path.as_str()).collect::<Vec<_>>().join(" "),
        "migrations" => format!("{} ({})", project.shown_migrations().display(), project.migrations.origin),
        "seed" => settings.seed.as_ref().map_or("none".to_owned(), |seed| seed.value.clone()),
        "url" => project
            .url()
            .map_or_else(|error| format!("error: {}", Error::from(error).full_message()), |url| url.to_string()),
        "shadow" => match project.shadow_url() {
            Ok(url) => url.map_or("none".to_owned(), |url| url.to_string()),
            Err(error) => format!("error: {error}"),
        },
        "check" => match project.check_urls() {
            Ok(()) => "fine".to_owned(),
            Err(error) => Error::from(error).code().map_or("none".to_owned(), |code| code.to_string()),
        },
        "notes" => notes(settings),
        "lock timeout" => settings.lock_timeout_s.map_or("none".to_owned(), |seconds| seconds.to_string()),
        "state" => settings.state.clone().unwrap_or_else(|| "off".to_owned()),
        "external" => settings.external_tables.join(" "),
        other => match other.strip_prefix("variable ") {
            Some(name) => settings.environment.get(name).unwrap_or("not set").to_owned(),
            None => format!("no fact is called {other}"),
        },
    }
}

fn notes(settings: &Settings) -> String {
    let texts = settings.notes.iter().map(|note| match note {
        Note::Config(path) => format!("config {}", path.display()),
        Note::Dotenv(path) => format!("dotenv {}", path.display()),
        Note::DotenvSkipped(path) => format!("skipped {}", path.display()),
    });
    texts.collect::<Vec<_>>().join(", ")
}

fn project(files: &[(&str, &str)]) -> Result<TempDir, Failed> {
    let folder = TempDir::new()?;
    for (path, text) in files {
        let path = folder.path().join(path);
        if path.to_string_lossy().ends_with('/') {
            fs::create_dir_all(&path)?;
            continue;
        }
        fs::create_dir_all(path.parent().unwrap_or(Path::new("/")))?;
        fs::write(&path, text)?;
    }
    Ok(folder)
}

#[cfg(unix)]
fn links() -> Result<(), Failed> {
    use std::os::unix::fs::symlink;
    let folder = project(&[
        ("s/a.prisma", SEVEN),
        ("elsewhere/b.prisma", MODEL),
        ("elsewhere/sub/c.prisma", "enum E {\n  A\n}\n"),
    ])?;
    let root = fs::canonicalize(folder.path())?;
    symlink(root.join("elsewhere/b.prisma"), root.join("s/z.prisma"))?;
    symlink(root.join("elsewhere/sub"), root.join("s/sub"))?;
    symlink(root.join("s"), root.join("elsewhere/sub/back"))?;
    symlink(root.join("nowhere"), root.join("s/dead.prisma"))?;
    let args = ProjectArgs { schema: Some(PathBuf::from("s")), ..ProjectArgs::default() };
    let context = Context { cwd: root, environment: Environment::default() };
    let project = Project::load(&args, &context)?;
    let found = fact("files", &Ok(project), &args, &context);
    if found == "s/a.prisma s/sub/c.prisma s/z.prisma" { Ok(()) } else { Err(found.into()) }
}

/// Bytes in the place of every file that settings are read from.
fn random_files() -> Result<(), Failed> {
    const PIECES: &[&str] = &[
        "schema",
        "=",
        "'",
        "\"",
        "[",
        "]",
        "{",
        "}",
        "database",
        ".",
        "url",
        ":",
        ",",
        "\n",
        "export default ",
        "prisma",
        "${",
        "1",
        "\u{0}",
        "\u{feff}",
        "ä",
        "#",
        "//",
        "true",
        "\\",
    ];
    let folder = TempDir::new()?;
    let mut seed = 0x1234_5678_9ABC_DEF1_u64;
    for _ in 0..300 {
        for name in ["evt.toml", "prisma.config.ts", "package.json", ".env", "schema.prisma"] {
            let mut bytes = Vec::new();
            for _ in 0..10 {
                seed ^= seed << 13;
                seed ^= seed >> 7;
                seed ^= seed << 17;
                let piece = usize::try_from(seed % (PIECES.len() as u64 + 1))?;
                bytes.extend_from_slice(PIECES.get(piece).map_or(&[0xFF][..], |piece| piece.as_bytes()));
            }
            // A configuration that only a runtime understands would start one each time.
            if name != "prisma.config.ts" || seed.is_multiple_of(50) {
                fs::write(folder.path().join(name), &bytes)?;
            }
        }
        let context = Context { cwd: folder.path().to_owned(), environment: Environment::default() };
        for dotenv in [Dotenv::Read, Dotenv::Skip] {
            if let Err(error) = Settings::load(&ProjectArgs::default(), &context, dotenv)
                && error.to_string().is_empty()
            {
                return Err("an error says nothing".into());
            }
        }
    }
    Ok(())
}

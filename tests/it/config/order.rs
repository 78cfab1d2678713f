//! Which of several places wins, and `evt.toml`.

use super::{EMPTY, Row, SEVEN, SIX};

pub(super) const ROWS: &[Row] = &[
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
];

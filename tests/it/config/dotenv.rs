//! Which `.env` files are read, and what counts if there are several.

use super::{EMPTY, Row, SEVEN, SIX, URL};

pub(super) const ROWS: &[Row] = &[
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
    Row {
        name: ".env beside the nearest package.json above",
        files: &[("package.json", "{}"), (".env", "A=1"), ("a/b/schema.prisma", SEVEN)],
        cwd: "a/b",
        wants: &[("variable A", "1"), ("notes", "dotenv ../../.env")],
        ..EMPTY
    },
    Row {
        name: ".env beside the generated client is not that of the project",
        files: &[
            ("package.json", "{}"),
            (".env", "A=project"),
            ("c/package.json", r#"{ "name": ".prisma/client" }"#),
            ("c/.env", "A=client"),
            ("c/d/schema.prisma", SEVEN),
        ],
        cwd: "c/d",
        wants: &[("variable A", "project")],
        ..EMPTY
    },
    Row {
        name: ".env that is both of the project and of the schema is read once",
        files: &[("package.json", "{}"), (".env", "A=1"), ("schema.prisma", SEVEN)],
        wants: &[("variable A", "1"), ("notes", "dotenv .env")],
        ..EMPTY
    },
    Row {
        name: ".env beside a schema that only package.json names is not looked at",
        files: &[
            ("package.json", r#"{ "prisma": { "schema": "db/x.prisma" } }"#),
            ("db/x.prisma", SEVEN),
            ("db/.env", "A=1"),
        ],
        wants: &[("variable A", "not set"), ("notes", "")],
        ..EMPTY
    },
    Row {
        name: ".env does not replace what the process has, be it empty",
        files: &[("schema.prisma", SEVEN), (".env", "A=1\nB=${A}x")],
        env: &[("A", "")],
        wants: &[("variable A", ""), ("variable B", "x")],
        ..EMPTY
    },
];

//! Where the schema, and what belongs to it, is found.

use super::{EMPTY, MODEL, Row, SEVEN, SIX};

pub(super) const ROWS: &[Row] = &[
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
    Row {
        name: "one file of several: only that one",
        files: &[("s/a.prisma", SEVEN), ("s/b.prisma", MODEL)],
        schema: Some("s/a.prisma"),
        wants: &[("files", "s/a.prisma")],
        ..EMPTY
    },
    Row {
        name: "neither a file nor a folder",
        // Deep enough that the device is named in full wherever temporary files are.
        files: &[("a/b/c/", "")],
        cwd: "a/b/c",
        schema: Some("/dev/null"),
        wants: &[("error", "`/dev/null`, which `--schema` names, is neither a file nor a folder")],
        ..EMPTY
    },
    Row {
        name: "configuration that names no file: nothing else is tried",
        files: &[("schema.prisma", SEVEN), ("prisma.config.ts", "export default { schema: 'x.prisma' }")],
        wants: &[("error", "there is no file or folder `x.prisma`, which `schema` in `prisma.config.ts` names")],
        ..EMPTY
    },
    Row {
        name: "package.json that names no file: nothing else is tried",
        files: &[("schema.prisma", SEVEN), ("package.json", r#"{ "prisma": { "schema": "x.prisma" } }"#)],
        wants: &[("error", "there is no file or folder `x.prisma`, which `prisma.schema` in `package.json` names")],
        ..EMPTY
    },
    Row {
        name: "package.json that names a folder",
        files: &[
            ("s/a.prisma", SEVEN),
            ("s/b/b.prisma", MODEL),
            ("package.json", r#"{ "prisma": { "schema": "./s" } }"#),
        ],
        wants: &[("files", "s/a.prisma s/b/b.prisma"), ("migrations", "s/migrations (the default)")],
        ..EMPTY
    },
    Row {
        name: "the nearest package.json counts, whatever is above it",
        files: &[
            ("package.json", r#"{ "prisma": { "schema": "x.prisma" } }"#),
            ("x.prisma", SEVEN),
            ("a/package.json", "{}"),
            ("a/schema.prisma", SEVEN),
        ],
        cwd: "a",
        wants: &[("schema", "schema.prisma (the default)")],
        ..EMPTY
    },
    Row {
        name: "defaults are not looked for above",
        files: &[("schema.prisma", SEVEN), ("a/", "")],
        cwd: "a",
        wants: &[("error", "found no schema; looked for `schema.prisma` and `prisma/schema.prisma`")],
        ..EMPTY
    },
    Row {
        name: "views: Prisma 6 puts them beside the datasource",
        files: &[("s/m/a.prisma", MODEL), ("s/d/main.prisma", SIX)],
        schema: Some("s"),
        wants: &[("views", "s/d/views")],
        ..EMPTY
    },
    Row {
        name: "views and migrations: Prisma 7 puts them into the folder of the schema",
        files: &[("s/m/a.prisma", MODEL), ("s/d/main.prisma", SEVEN)],
        schema: Some("s"),
        wants: &[("views", "s/views"), ("migrations", "s/migrations (the default)")],
        ..EMPTY
    },
];

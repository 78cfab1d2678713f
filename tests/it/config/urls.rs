//! Where the database is.

use super::{EMPTY, Row, SEVEN, SIX, URL};

pub(super) const ROWS: &[Row] = &[
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
            ("check", "1 missing"),
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
            ("check", "1 missing"),
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
    Row {
        name: "url: an empty variable names no shadow database",
        files: &[(
            "schema.prisma",
            "datasource db {\n  provider = \"postgresql\"\n  url = \"postgresql://h/db\"\n  shadowDatabaseUrl = env(\"SHADOW\")\n}\n",
        )],
        env: &[("SHADOW", "")],
        wants: &[("shadow", "none")],
        ..EMPTY
    },
    Row {
        name: "url: certificates of Prisma 6 are beside the schema",
        files: &[("prisma/schema.prisma", SIX)],
        env: &[("DATABASE_URL", "postgresql://h/db?sslcert=c.pem")],
        wants: &[("certificate", "<root>/prisma/c.pem")],
        ..EMPTY
    },
    Row {
        name: "url: certificates of Prisma 7 are beside the configuration that is named",
        files: &[
            ("c/prisma/schema.prisma", SEVEN),
            ("c/my.config.ts", "export default { datasource: { url: 'postgresql://h/db?sslcert=c.pem' } }"),
        ],
        config: Some("c/my.config.ts"),
        wants: &[("certificate", "<root>/c/c.pem")],
        ..EMPTY
    },
    Row {
        name: "url: certificates of Prisma 7 are in the working directory if no configuration is named",
        files: &[("prisma/schema.prisma", SEVEN)],
        env: &[("DATABASE_URL", "postgresql://h/db?sslcert=c.pem")],
        wants: &[("certificate", "<root>/c.pem")],
        ..EMPTY
    },
    Row {
        name: "url: what is wrong with it, and how it is written",
        files: &[("schema.prisma", SEVEN)],
        env: &[("DATABASE_URL", "localhost/db")],
        wants: &[
            ("code", "P1013"),
            ("hint", "write it as `postgresql://<user>:<password>@<host>:5432/<database>?schema=public`"),
        ],
        ..EMPTY
    },
    Row {
        name: "url: a wrong parameter",
        files: &[("schema.prisma", SEVEN)],
        env: &[("DATABASE_URL", "postgresql://h/db?connect_timeout=soon")],
        wants: &[("code", "P1013"), ("hint", "change `connect_timeout`, or leave it out")],
        ..EMPTY
    },
];

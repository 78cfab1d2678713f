//! `prisma.config.*`, read by evt itself and by a runtime.

use super::{EMPTY, Row, SEVEN};

pub(super) const ROWS: &[Row] = &[
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
    Row {
        name: "configuration: not looked for above",
        files: &[("prisma.config.ts", "export default {}"), ("a/schema.prisma", SEVEN)],
        cwd: "a",
        wants: &[("schema", "schema.prisma (the default)"), ("notes", "")],
        ..EMPTY
    },
    Row {
        name: "configuration: package.json has what it leaves out",
        files: &[
            ("x.prisma", SEVEN),
            ("prisma.config.ts", "export default { migrations: { path: 'm' } }"),
            ("package.json", r#"{ "prisma": { "schema": "x.prisma", "seed": "node seed.js" } }"#),
        ],
        wants: &[
            ("schema", "x.prisma (`prisma.schema` in `package.json`)"),
            ("seed", "node seed.js"),
            ("migrations", "m (`migrations.path` in `prisma.config.ts`)"),
        ],
        ..EMPTY
    },
    Row {
        name: "configuration: every key, with paths that start beside the file",
        files: &[
            ("prisma/x.prisma", SEVEN),
            (
                ".config/prisma.ts",
                "export default {\n  schema: '../prisma/x.prisma',\n  engine: 'classic',\n  earlyAccess: true,\n\
                 migrations: { path: 'm', seed: 'node seed.js', initShadowDb: 'CREATE ROLE a' },\n\
                 tables: { external: ['public.t', 'other.u'] },\n  enums: { external: ['public.e'] },\n\
                 views: { path: 'v' },\n  typedSql: { path: 'q' },\n\
                 experimental: { externalTables: true, extensions: true, adapter: true, studio: true },\n\
                 extensions: [],\n  studio: {},\n\
                 datasource: { url: 'postgresql://h/db', shadowDatabaseUrl: 'postgresql://h/s' },\n}",
            ),
        ],
        wants: &[
            ("schema", "prisma/x.prisma (`schema` in `.config/prisma.ts`)"),
            ("migrations", ".config/m (`migrations.path` in `.config/prisma.ts`)"),
            ("views", ".config/v"),
            ("seed", "node seed.js"),
            ("shadow SQL", "CREATE ROLE a"),
            ("external", "public.t other.u"),
            ("external enums", "public.e"),
            ("url", "postgresql://h/db"),
            ("shadow", "postgresql://h/s"),
        ],
        ..EMPTY
    },
    Row {
        name: "configuration: an empty seed",
        files: &[("prisma.config.ts", "export default { migrations: { seed: '' } }")],
        wants: &[("error", "`migrations.seed` in `prisma.config.ts` has to be a text that is not empty")],
        ..EMPTY
    },
    Row {
        name: "configuration: external tables that are no list",
        files: &[("prisma.config.ts", "export default { tables: { external: 'public.t' } }")],
        wants: &[("error", "`tables.external` in `prisma.config.ts` has to be a list of texts")],
        ..EMPTY
    },
    Row {
        name: "configuration: an empty variable is none",
        files: &[
            ("schema.prisma", SEVEN),
            (
                "prisma.config.ts",
                "import { env } from 'prisma/config'\nexport default { datasource: { url: env('EMPTY') } }",
            ),
        ],
        env: &[("EMPTY", "")],
        wants: &[
            (
                "url",
                "error: the environment variable `EMPTY`, which `datasource.url` in `prisma.config.ts` refers to, is empty",
            ),
            ("code", "P1012"),
        ],
        ..EMPTY
    },
];

/// Configurations that only a runtime understands. Without Node.js they are reported as ignored.
pub(super) const COMPUTED: &[Row] = &[
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

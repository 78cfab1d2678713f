use super::*;

fn evaluated(text: &str, pairs: &[(&str, &str)]) -> Result<Value, SyntaxError> {
    let place = Place { file: Path::new("/p/prisma.config.ts"), cwd: Path::new("/p") };
    evaluate(text, &place, &mut Environment::new(pairs.iter().copied()))
}

/// A value on one line; what only a runtime can tell as `?line text`.
fn shown(value: &Value) -> String {
    match value {
        Value::Undefined => "undefined".to_owned(),
        Value::Null => "null".to_owned(),
        Value::Boolean(truth) => truth.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        Value::List(list) => format!("[{}]", list.iter().map(shown).collect::<Vec<_>>().join(", ")),
        Value::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| format!("{key}: {}", shown(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        Value::MissingVariable { name, empty } => format!("!{name}{}", if *empty { " empty" } else { "" }),
        Value::Module(name) => format!("module {name}"),
        Value::Function(module, name) => format!("function {module}.{name}"),
        Value::Environment => "process.env".to_owned(),
        Value::Unknown { text, line } => format!("?{line} {text}"),
    }
}

#[test]
fn expressions() {
    let pairs = [("URL", "postgresql://h/db"), ("EMPTY", ""), ("NODE_ENV", "test")];
    for (expression, expected) in [
        ("'a'", "a"),
        ("`a${'b'}${1}`", "ab1"),
        ("'a' + \"b\"", "ab"),
        ("process.env.URL", "postgresql://h/db"),
        ("process.env['URL']", "postgresql://h/db"),
        ("process.env.NONE", "undefined"),
        ("process.env.NONE ?? 'x'", "x"),
        ("process.env.EMPTY ?? 'x'", ""),
        ("process.env.EMPTY || 'x'", "x"),
        ("process.env.NONE!", "undefined"),
        ("(process.env.URL as string)", "postgresql://h/db"),
        ("<string>process.env.URL", "postgresql://h/db"),
        ("process.env.NODE_ENV === 'test' ? 'a' : 'b'", "a"),
        ("process.env.NODE_ENV !== 'test' ? 'a' : 'b'", "b"),
        ("process.env.NONE ? 'a' : 'b'", "b"),
        ("!process.env.NONE && 'a'", "a"),
        ("env('URL')", "postgresql://h/db"),
        ("env('NONE')", "!NONE"),
        ("env('EMPTY')", "!EMPTY empty"),
        ("env('NONE') ?? 'x'", "!NONE"),
        ("`${env('NONE')}?schema=a`", "!NONE"),
        ("path.join('a', '..', 'b', './c')", "b/c"),
        ("path.join(__dirname, 'prisma')", "/p/prisma"),
        ("path.join(import.meta.dirname, 'prisma')", "/p/prisma"),
        ("path.resolve('prisma', '../x')", "/p/x"),
        ("path.dirname(fileURLToPath(import.meta.url))", "/p"),
        ("path.join(process.cwd(), '..', '..', '..')", "/"),
        ("path.join('..', '..')", "../.."),
        ("path.join('a', '..')", "."),
        (
            "{ a: 1, 'b': true, c: [null, undefined, ...['x']], ...{ d: 'e' } }",
            "{a: 1, b: true, c: [null, undefined, x], d: e}",
        ),
        ("{ ['a']: 1 }", "{a: 1}"),
        ("({ a: { b: 'c' } }).a.b", "c"),
        ("{ a: () => 1 }", "{a: ?1 () => 1}"),
        ("f('postgresql://u:hunter2@h/db')", "?1 f('postgresql://u@h/db')"),
        ("url.parse('x')", "?1 url.parse('x')"),
        ("nested.inner?.value", "v"),
        ("process.env.NONE?.length", "undefined"),
        ("encodeURIComponent('a b/c@ä~(1)')", "a%20b%2Fc%40%C3%A4~(1)"),
        ("encodeURIComponent(env('NONE'))", "!NONE"),
        ("new Date()", "?1 new Date()"),
        ("1 + 1", "?1 1 + 1"),
    ] {
        let head = "import path from 'node:path'; import { fileURLToPath } from 'url'; import * as url from 'url'; \
                    import { env } from 'prisma/config'; const nested = { inner: { value: 'v' } }; ";
        let text = format!("{head}export default ({expression});");
        let value = evaluated(&text, &pairs).unwrap_or_else(|error| panic!("{expression}: {error:?}"));
        assert_eq!(shown(&value), expected, "{expression}");
    }
}

#[test]
fn files() {
    for (text, expected) in [
        ("", "undefined"),
        ("import { defineConfig } from 'prisma/config'\nexport default defineConfig({ schema: 'a' })", "{schema: a}"),
        ("import { defineConfig as d } from '@prisma/config'; export default d({})", "{}"),
        ("import * as p from 'prisma/config'; export default p.defineConfig({})", "{}"),
        (
            "import type { PrismaConfig } from 'prisma'\nexport default { schema: 'a' } satisfies PrismaConfig",
            "{schema: a}",
        ),
        ("const config: PrismaConfig = { schema: 'a' }; export default config as PrismaConfig", "{schema: a}"),
        ("const { defineConfig } = require('prisma/config'); module.exports = defineConfig({ a: 1 })", "{a: 1}"),
        ("const c = { a: 1 }; export { c as default }", "{a: 1}"),
        ("exports.default = { a: 1 }", "{a: 1}"),
        ("export = { a: 1 }", "{a: 1}"),
        ("const { URL, NONE } = process.env; export default { URL, NONE }", "{URL: set, NONE: undefined}"),
        ("const env = process.env; export default { u: env.URL }", "{u: set}"),
        ("import { env } from 'node:process'; export default { u: env.URL }", "{u: set}"),
        ("process.env.NONE ??= 'x'; export default { u: process.env.NONE }", "{u: x}"),
        ("process.env.URL ??= 'x'; export default { u: process.env.URL }", "{u: set}"),
        ("process.env.URL = 'x'; export default {}", "?1 process.env.URL = 'x'"),
        ("console.log('hi'); export default {}", "{}"),
        ("function f() {}\nclass C {}\ntype T = 1\ninterface I {}\nexport default {}", "{}"),
        ("if (!process.env.URL) throw new Error('x')\nexport default {}", "{}"),
        ("if (!process.env.NONE) { throw new Error('x') }\nexport default {}", "?1 throw new Error('x')"),
        ("setup()\nexport default {}", "?1 setup()"),
        ("import c = require('prisma/config'); export = c.defineConfig({ a: 1 })", "{a: 1}"),
        ("import c = A.B; export default {}", "?1 import c = A.B;"),
        ("const { NONE = 'x', URL = 'y' } = process.env; export default { NONE, URL }", "{NONE: x, URL: set}"),
        ("try { process.loadEnvFile() } catch {}\nexport default { a: 1 }", "{a: 1}"),
        ("try { setup() } catch (e) { console.error(e) }\nexport default {}", "?1 setup()"),
        ("for (;;) {}\nexport default {}", "?1 for (;;) {}"),
        ("import './env'\nexport default { a: process.env.URL }", "{a: set}"),
        ("import './env'\nexport default { a: process.env.NONE }", "{a: ?1 import './env'}"),
        ("import { url } from './env'\nexport default { a: 'b', url }", "{a: b, url: ?1 url}"),
        ("export default () => ({})", "?1 () => ({})"),
        ("export default function f() {}", "?1 export default function f() {}"),
        ("export default {\n  a: make(\n    1),\n}", "{a: ?2 make(…}"),
    ] {
        let value = evaluated(text, &[("URL", "set")]).unwrap_or_else(|error| panic!("{text}: {error:?}"));
        assert_eq!(shown(&value), expected, "{text}");
    }
}

#[test]
fn broken_files() {
    for (text, line) in [("export default {", 1), ("\n\nexport default { a: }", 3), ("export default ]", 1)] {
        assert_eq!(evaluated(text, &[]).expect_err(text).line, line, "{text}");
    }
}

#[test]
fn deep_nesting_is_survived() {
    for (open, close) in
        [("[", "]"), ("(", ")"), ("!", ""), ("a=>", ""), ("{a:", "}"), ("`${", "}`"), ("f(", ")"), ("a?", ":1")]
    {
        let depth = 20_000 / open.len();
        let text = format!("export default {}1{}", open.repeat(depth), close.repeat(depth));
        let _ = evaluated(&text, &[]);
    }
}

#[test]
fn random_input() {
    const PIECES: &[&str] = &[
        "export default ",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        "'a'",
        "a",
        ":",
        ",",
        "env(",
        "process.env.",
        "??",
        "||",
        "`",
        "${",
        "import ",
        "from ",
        "\n",
        "=>",
        "=",
        "const ",
        "if ",
        "?",
        "!",
        "...",
        ".",
        "ä",
        "\\",
        "/",
        "*",
        "<",
        "as ",
        ";",
    ];
    let mut seed = 0x9E37_79B9_7F4A_7C15_u64;
    for _ in 0..5_000 {
        let mut text = String::new();
        for _ in 0..14 {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            text.push_str(PIECES[usize::try_from(seed % PIECES.len() as u64).expect("small")]);
        }
        let _ = evaluated(&text, &[]);
    }
}

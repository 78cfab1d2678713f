//! What each text stands for, by the family of the column.
#![expect(clippy::unnecessary_wraps, reason = "the rows hold what `parse` returns")]

use super::*;
use crate::dbschema::types::NativeType as N;

fn native(ty: N) -> ColumnType {
    ColumnType::Native(ty)
}

fn label() -> ColumnType {
    ColumnType::Enum(QualifiedName::new("public", "color"))
}

fn value(value: Value) -> Option<DefaultValue> {
    Some(DefaultValue::Value(value))
}

fn text(expression: &str) -> Option<DefaultValue> {
    Some(DefaultValue::DbGenerated(Some(expression.to_owned())))
}

fn number(digits: &str) -> Option<DefaultValue> {
    value(Value::Decimal(digits.to_owned()))
}

fn string(text: &str) -> Option<DefaultValue> {
    value(Value::String(text.to_owned()))
}

fn sequence(namespace: &str, name: &str) -> Option<DefaultValue> {
    Some(DefaultValue::Sequence(Some(QualifiedName::new(namespace, name))))
}

fn check(list: bool, rows: &[(N, &str, Option<DefaultValue>)]) {
    for (ty, expression, expected) in rows {
        assert_eq!(&parse(expression, &native(*ty), list, "public"), expected, "{ty:?} {expression}");
    }
}

#[test]
fn numbers() {
    let (int, big, float, decimal) = (N::Integer, N::BigInt, N::DoublePrecision, N::Decimal(Some((10, 2))));
    check(
        false,
        &[
            (int, "5", value(Value::Int(5))),
            (int, "-5", value(Value::Int(-5))),
            (int, "'-5'::integer", value(Value::Int(-5))),
            (int, "5::integer", value(Value::Int(5))),
            (N::Oid, "'5'::oid", value(Value::Int(5))),
            (big, "'-9223372036854775808'::bigint", value(Value::BigInt(i64::MIN))),
            (big, "9223372036854775808", text("9223372036854775808")),
            (int, "1.5", text("1.5")),
            (int, "(5)::bigint", text("(5)::bigint")),
            (int, "(1 + 1)", text("(1 + 1)")),
            (int, "5 6", text("5 6")),
            (int, "'five'::integer", text("'five'::integer")),
            (int, "", text("")),
            (float, "1.50", number("1.50")),
            (float, "'-1.5'::double precision", number("-1.5")),
            (float, "(1)::double precision", number("1")),
            (float, "(-1)::double precision", number("-1")),
            (float, "'1e-05'::double precision", number("0.00001")),
            (float, "'1.5e+300'::double precision", number(&format!("15{}", "0".repeat(299)))),
            (float, "'1.25e1'::real", number("12.5")),
            (float, "'125e-1'::real", number("12.5")),
            (float, "'-0.5e-1'::real", number("-0.05")),
            (float, "'1e999999999'::real", text("'1e999999999'::real")),
            (float, "'NaN'::double precision", text("'NaN'::double precision")),
            (float, "'Infinity'::double precision", text("'Infinity'::double precision")),
            (float, "'1.'::real", text("'1.'::real")),
            (float, "'.5'::real", text("'.5'::real")),
            (decimal, "'1.50'::numeric(10,2)", number("1.50")),
            (N::Money, "'$5.50'::money", text("'$5.50'::money")),
            (N::Money, "(5.5)::money", number("5.5")),
        ],
    );
}

#[test]
fn sequences() {
    let rows = [
        ("nextval('s'::regclass)", sequence("public", "s")),
        ("nextval('o.s'::regclass)", sequence("o", "s")),
        (r#"nextval('"O x"."it''s ""q"""'::regclass)"#, sequence("O x", r#"it's "q""#)),
        ("nextval(('s'::text)::regclass)", sequence("public", "s")),
        ("nextval('s'::text)", sequence("public", "s")),
        ("NEXTVAL('s'::regclass)", sequence("public", "s")),
        ("(nextval('s'::regclass) + 1)", text("(nextval('s'::regclass) + 1)")),
        ("nextval('a.b.c'::regclass)", text("nextval('a.b.c'::regclass)")),
        ("currval('s'::regclass)", text("currval('s'::regclass)")),
    ];
    for (expression, expected) in rows {
        check(false, &[(N::Integer, expression, expected.clone()), (N::BigInt, expression, expected)]);
        check(false, &[(N::Text, expression, text(expression)), (N::DoublePrecision, expression, text(expression))]);
    }
}

#[test]
fn other_scalars() {
    check(
        false,
        &[
            (N::Boolean, "true", value(Value::Boolean(true))),
            (N::Boolean, "FALSE", value(Value::Boolean(false))),
            (N::Boolean, "(NOT true)", text("(NOT true)")),
            (N::Text, "'it''s'::text", string("it's")),
            (N::Text, "'a\nb'::text", string("a\nb")),
            (N::Text, r"'a\b'::text", string(r"a\b")),
            (N::Text, r"E'a\\b\n'::text", string("a\\b\n")),
            (N::Text, r"E'\u0041'::text", text(r"E'\u0041'::text")),
            (N::Text, "'unfinished", text("'unfinished")),
            (N::Text, "''::text", string("")),
            (N::VarChar(Some(20)), "'x'::character varying(3)", string("x")),
            (N::Bit(Some(3)), r#"'101'::"bit""#, string("101")),
            (N::Text, "5", text("5")),
            (N::Text, "upper('a'::text)", text("upper('a'::text)")),
            (N::Text, "'a'::text || 'b'::text", text("'a'::text || 'b'::text")),
            (
                N::Uuid,
                "'00000000-0000-0000-0000-000000000000'::uuid",
                text("'00000000-0000-0000-0000-000000000000'::uuid"),
            ),
            (N::Timestamp(Some(3)), "CURRENT_TIMESTAMP", Some(DefaultValue::Now)),
            (N::Timestamp(Some(3)), "now()", Some(DefaultValue::Now)),
            (N::Date, "Now ( )", Some(DefaultValue::Now)),
            (N::Timestamp(Some(3)), "now", Some(DefaultValue::Now)),
            (N::Timestamp(Some(3)), "(now())::date", text("(now())::date")),
            (N::Timestamp(Some(3)), "CURRENT_TIMESTAMP(3)", text("CURRENT_TIMESTAMP(3)")),
            (
                N::Timestamp(Some(3)),
                "'now'::timestamp(3) without time zone",
                text("'now'::timestamp(3) without time zone"),
            ),
            (N::ByteA, r"'\x0102ff'::bytea", value(Value::Bytes(vec![1, 2, 255]))),
            (N::ByteA, r"'\x010'::bytea", text(r"'\x010'::bytea")),
            (N::ByteA, r"'\xé0'::bytea", text(r"'\xé0'::bytea")),
            (N::JsonB, r#"'{"a": 1}'::jsonb"#, value(Value::Json(r#"{"a": 1}"#.to_owned()))),
        ],
    );
    let unsupported = ColumnType::Unsupported("interval".to_owned());
    assert_eq!(parse("'1 day'::interval", &unsupported, false, "public"), text("'1 day'::interval"));
    assert_eq!(parse("'dark blue'::color", &label(), false, "public"), value(Value::Enum("dark blue".to_owned())));
    assert_eq!(parse("cfn()", &label(), false, "public"), text("cfn()"));
}

#[test]
fn null_is_no_default() {
    for list in [false, true] {
        check(
            list,
            &[
                (N::Text, "NULL", None),
                (N::VarChar(Some(5)), "NULL::character varying", None),
                (N::Decimal(None), "NULL::numeric(5,2)", None),
                (N::Text, "NULL::text[]", None),
                (N::Text, "NULLIF('a'::text, 'b'::text)", text("NULLIF('a'::text, 'b'::text)")),
                (N::Text, "NULL::text || 'a'::text", text("NULL::text || 'a'::text")),
            ],
        );
    }
}

#[test]
fn lists() {
    let list = |values: Vec<Value>| value(Value::List(values));
    let texts = |texts: &[&str]| list(texts.iter().map(|text| Value::String((*text).to_owned())).collect());
    check(
        true,
        &[
            (N::Integer, "'{}'::integer[]", list(vec![])),
            (N::Text, "ARRAY[]::text[]", list(vec![])),
            (N::Date, "'{ }'::date[]", list(vec![])),
            (N::Uuid, "'{}'::uuid[]", list(vec![])),
            (N::Integer, "ARRAY['-1'::integer, 2]", list(vec![Value::Int(-1), Value::Int(2)])),
            (N::Integer, "'{1,2}'::integer[]", list(vec![Value::Int(1), Value::Int(2)])),
            (N::BigInt, "ARRAY[(1)::bigint]", list(vec![Value::BigInt(1)])),
            (N::Text, r#"'{a,"b c","d,e"}'::text[]"#, texts(&["a", "b c", "d,e"])),
            (N::Text, "'{1,2}'::text[]", texts(&["1", "2"])),
            (N::Text, "'{é,_a,a.b,1a}'::text[]", texts(&["é", "_a", "a.b", "1a"])),
            (N::Text, r#"'{"","NULL",\NULL}'::text[]"#, texts(&["", "NULL", "NULL"])),
            (N::Text, r#"'{ a , "b" , c d }'::text[]"#, texts(&["a", "b", "c d"])),
            (N::Text, r#"'{"a\\b","\"q\"",a\ }'::text[]"#, texts(&[r"a\b", r#""q""#, "a "])),
            (N::Text, "(ARRAY['a'::character varying])::text[]", texts(&["a"])),
            (N::Boolean, "'{t,f}'::boolean[]", list(vec![Value::Boolean(true), Value::Boolean(false)])),
            (
                N::Decimal(None),
                "ARRAY[1.10, (2)::numeric]",
                list(vec![Value::Decimal("1.10".into()), Value::Decimal("2".into())]),
            ),
            (N::ByteA, r"ARRAY['\x01'::bytea]", list(vec![Value::Bytes(vec![1])])),
            (N::ByteA, r#"'{"\\x0102"}'::bytea[]"#, list(vec![Value::Bytes(vec![1, 2])])),
            (N::JsonB, r#"'{"{\"a\": 1}"}'::jsonb[]"#, list(vec![Value::Json(r#"{"a": 1}"#.into())])),
        ],
    );
    for expression in [
        "'{NULL}'::text[]",
        "'{a,null}'::text[]",
        "'{{1,2},{3,4}}'::text[]",
        "'[2:3]={1,2}'::text[]",
        "'{a'::text[]",
        "'{a,}'::text[]",
        r#"'{"a}'::text[]"#,
        r#"'{"a"b}'::text[]"#,
        r"'{a\}'::text[]",
        "ARRAY[]",
        "ARRAY['a'::text, NULL::text]",
        "ARRAY[ARRAY['a'::text]]",
        "ARRAY[upper('a'::text)]",
        "ARRAY['a'::text",
        "ARRAY['a'::text,]",
        "string_to_array('a,b'::text, ','::text)",
    ] {
        let expected = if expression == "ARRAY[]" { texts(&[]) } else { text(expression) };
        check(true, &[(N::Text, expression, expected)]);
    }
    let ty = label();
    assert_eq!(parse("'{red}'::color[]", &ty, true, "public"), list(vec![Value::Enum("red".to_owned())]));
    let expression = "'{2020-01-01}'::date[]";
    check(true, &[(N::Date, expression, text(expression))]);
}

/// Whatever the text, there is an answer, and it is the text itself unless the whole was understood.
#[test]
fn any_text_has_an_answer() {
    const PIECES: [&str; 28] = [
        "(", ")", "[", "]", "{", "}", ",", ".", "-", "::", ":", "'", "''", "\"", "E'", "\\", "ARRAY", "NULL",
        "nextval", "now", "1", "1.5e3", "a", "é", "😀", " ", "text", "\u{0}",
    ];
    let types = [
        native(N::Integer),
        native(N::BigInt),
        native(N::Decimal(None)),
        native(N::Boolean),
        native(N::Text),
        native(N::Timestamp(None)),
        native(N::JsonB),
        native(N::ByteA),
        native(N::Uuid),
        label(),
    ];
    // A linear congruential generator (Knuth, MMIX): the same texts in each run.
    let mut state: u64 = 1;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap_or(0) % below
    };
    for _ in 0..20_000 {
        let length = next(12);
        let expression: String = (0..length).map(|_| PIECES[next(PIECES.len())]).collect();
        let ty = &types[next(types.len())];
        let list = next(2) == 1;
        if let Some(DefaultValue::DbGenerated(kept)) = parse(&expression, ty, list, "public") {
            assert_eq!(kept.as_deref(), Some(expression.as_str()));
        }
    }
}

//! What a change of type does to a column, for every pair of types and of arities.

use evt::dbschema::types::NativeType;
use evt::dbschema::{Column, ColumnArity, ColumnType, Origin, QualifiedName};
use evt::diff::types::{TypeChange, type_change};
use libtest_mimic::Trial;

use super::folder;

/// Grids of letters, recorded by asking Prisma for each pair.
const RECORDED: &str = "type-matrix.prisma-7.10.1.txt";

pub(super) fn tests() -> Vec<Trial> {
    vec![Trial::test("diff: the type-change matrix", || {
        compare();
        Ok(())
    })]
}

fn compare() {
    let text = std::fs::read_to_string(folder().join(RECORDED)).expect("the recorded matrix is there");
    let types: Vec<&str> =
        text.lines().find_map(|line| line.strip_prefix("# types: ")).expect("the types").split(' ').collect();
    let mut arities = None;
    let mut row = 0;
    let (mut cells, mut wrong) = (0_usize, Vec::new());
    for line in text.lines() {
        if let Some(heading) = line.strip_prefix("# ") {
            row = 0;
            arities = match heading {
                "scalar" => Some((ColumnArity::Required, ColumnArity::Required)),
                "list" => Some((ColumnArity::List, ColumnArity::List)),
                "list to scalar" => Some((ColumnArity::List, ColumnArity::Required)),
                "scalar to list" => Some((ColumnArity::Required, ColumnArity::List)),
                _ => None,
            };
            continue;
        }
        let (from_arity, to_arity) = arities.expect("a heading above the grid");
        for (letter, to) in line.chars().zip(&types) {
            let from = types[row];
            cells += 1;
            let ours = letter_of(&column(from, from_arity), &column(to, to_arity));
            if (ours == letter) == deviates(from, to, from_arity == to_arity) {
                wrong.push(format!("{from} {from_arity:?} to {to} {to_arity:?}: {letter}, here {ours}"));
            }
        }
        row += 1;
    }
    assert!(wrong.is_empty(), "{} of {cells}:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(cells, 4 * types.len() * types.len());
}

/// Where Prisma reports a difference that is none, misses one, or drops values that could be kept.
fn deviates(from: &str, to: &str, same_arity: bool) -> bool {
    let kind = |name: &str| name.split('(').next().unwrap_or_default().to_owned();
    let bare = |name: &str| !name.contains('(');
    let with_default = |name: &'static str| {
        let default = format!("{name}(6)");
        (from == name && to == default) || (from == default && to == name)
    };
    match kind(from).as_str() {
        _ if !same_arity || from == to => false,
        // Without a number they have six digits, so that the third one makes a difference.
        "Timestamp" => kind(to) == "Timestamp" && bare(from) != bare(to) && !with_default("Timestamp"),
        "Timestamptz" => kind(to) == "Timestamptz" && bare(from) != bare(to),
        "Timetz" => kind(to) == "Timetz" && bare(from) != bare(to),
        "Time" => kind(to) == "Time" && !with_default("Time"),
        // Without a number they have one character.
        "Char" => (from, to) == ("Char", "Char(1)") || (from, to) == ("Char(1)", "Char"),
        "Bit" => matches!((from, to), ("Bit", "Bit(1)") | ("Bit(1)", "Bit" | "Char")),
        _ => false,
    }
}

fn column(ty: &str, arity: ColumnArity) -> Column {
    let (name, arguments) = ty.split_once('(').unwrap_or((ty, ""));
    let ty = match name {
        "E" | "F" => ColumnType::Enum(QualifiedName::new("public", name)),
        "Unsupported" => ColumnType::Unsupported(arguments.trim_matches(['"', ')']).to_owned()),
        _ => {
            let arguments: Vec<u32> =
                arguments.trim_end_matches(')').split(',').filter_map(|argument| argument.parse().ok()).collect();
            ColumnType::Native(NativeType::from_name(name, &arguments).expect("a native type"))
        }
    };
    Column {
        name: "x".to_owned(),
        ty,
        arity,
        default: None,
        autoincrement: false,
        identity: None,
        generated: false,
        required_by_domain: false,
        client_default: false,
        details: Vec::new(),
        comment: None,
    }
}

fn letter_of(from: &Column, to: &Column) -> char {
    match type_change((from, Origin::Psl), (to, Origin::Psl)) {
        Some(TypeChange::NotCastable) => 'R',
        Some(TypeChange::Safe | TypeChange::Risky) => 'A',
        // The enum stays, the array does not.
        None if from.arity != to.arity => 'A',
        None => '.',
    }
}

//! Lists the models of a schema and how they are related: `cargo run --example list_models [SCHEMA]`.
//!
//! Without an argument it lists a small schema of its own.

use std::process::ExitCode;

use evt::psl::schema::{ModelKind, RelationKind};
use evt::psl::{self, FileId, PslSchema, Source};

const LIBRARY: &str = r#"
datasource db {
  provider = "postgresql"
}

model Book {
  id      Int      @id @default(autoincrement())
  title   String
  copies  Copy[]
  authors Author[]
}

model Copy {
  shelfMark String @id
  bookId    Int
  book      Book   @relation(fields: [bookId], references: [id])
}

model Author {
  id    Int    @id
  name  String
  books Book[]
}
"#;

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "an example program talks to its user")]
fn main() -> ExitCode {
    let (path, text) = match std::env::args().nth(1) {
        None => ("library.prisma".to_owned(), LIBRARY.to_owned()),
        Some(path) => match std::fs::read_to_string(&path) {
            Ok(text) => (path, text),
            Err(error) => {
                eprintln!("{path}: {error}");
                return ExitCode::FAILURE;
            }
        },
    };
    let (tree, mut diagnostics) = psl::parse(Source { id: FileId(0), path, text });
    let files = [tree];
    let (schema, found) = psl::validate(&files);
    diagnostics.extend(found);
    eprint!("{}", psl::render(&diagnostics, &files, false));
    let Some(schema) = schema else { return ExitCode::FAILURE };
    for line in list(&schema) {
        println!("{line}");
    }
    ExitCode::SUCCESS
}

fn list(schema: &PslSchema) -> Vec<String> {
    let mut lines = Vec::new();
    for model in &schema.models {
        let keyword = match model.kind {
            ModelKind::Model => "model",
            ModelKind::View => "view",
        };
        let columns = model.scalar_fields().count();
        lines.push(format!("{keyword} {} (table {}): {columns} columns", model.name, model.database_name()));
    }
    for relation in &schema.relations {
        let [(forward, field), (back, _)] = [relation.forward, relation.back];
        let (from, to) = (schema.model(forward), schema.model(back));
        let kind = match relation.kind {
            RelationKind::OneToOne => "one to one",
            RelationKind::OneToMany => "many to one",
            RelationKind::ManyToMany => "many to many",
        };
        lines.push(format!("{}.{} → {}: {kind} ({})", from.name, from.field(field).name, to.name, relation.name));
    }
    lines
}

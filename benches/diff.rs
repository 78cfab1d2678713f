//! How long a difference between two large schemas takes: `cargo bench --bench diff`.
//!
//! The benches of the parts use the library; those of the whole process run the binary on files, as a person would.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use divan::{Bencher, black_box};
use evt::dbschema::DbSchema;
use evt::diff::{Change, diff};
use evt::lower::lower;
use evt::psl::{FileId, PslSchema, Source, parse, validate};
use evt::sql::{Naming, render};

fn main() {
    divan::main();
}

const MODELS: [usize; 3] = [100, 1_000, 5_000];

/// A valid schema of this many models: scalars with defaults and native types, an enum, a chain of relations, unique
/// fields and compound indexes.
fn schema(models: usize) -> String {
    let mut text =
        String::from("datasource db {\n  provider = \"postgresql\"\n}\n\nenum Status {\n  NEW\n  OLD\n}\n\n");
    for n in 0..models {
        let _ = write!(
            text,
            "model Article{n} {{\n  id Int @id @default(autoincrement())\n  title String @db.VarChar(200)\n  \
             slug String @unique @map(\"url_slug\")\n  body String?\n  status Status @default(NEW)\n  \
             views BigInt @default(0)\n  rating Decimal? @db.Decimal(4, 2)\n  tags String[]\n  \
             data Json @default(\"{{}}\")\n  createdAt DateTime @default(now()) @db.Timestamptz(6)\n  \
             updatedAt DateTime @updatedAt\n"
        );
        if n > 0 {
            let _ = writeln!(text, "  before Article{0}? @relation(fields: [beforeId], references: [id])", n - 1);
            text.push_str("  beforeId Int? @unique\n");
        }
        if n + 1 < models {
            let _ = writeln!(text, "  after Article{}?", n + 1);
        }
        let _ = write!(text, "  @@index([status, createdAt(sort: Desc)])\n  @@map(\"articles_{n}\")\n}}\n\n");
    }
    text
}

/// The same with one more column in one table.
fn changed(text: &str) -> String {
    text.replacen("  body String?\n", "  body String?\n  teaser String?\n", 1)
}

fn valid(text: &str) -> PslSchema {
    let source = Source { id: FileId(0), path: "schema.prisma".to_owned(), text: text.to_owned() };
    let (schema, diagnostics) = validate(&[parse(source).0]);
    schema.unwrap_or_else(|| panic!("the generated schema is valid: {diagnostics:?}"))
}

fn sql(changes: &[Change], to: &DbSchema) -> String {
    render(changes, Naming::for_target(to)).to_string()
}

#[divan::bench(args = MODELS)]
fn lower_schema(bencher: Bencher, models: usize) {
    let schema = valid(&schema(models));
    bencher.bench(|| lower(black_box(&schema), "public"));
}

#[divan::bench(args = MODELS)]
fn diff_from_nothing(bencher: Bencher, models: usize) {
    let (from, to) = (DbSchema::empty("public"), lower(&valid(&schema(models)), "public"));
    bencher.bench(|| diff(black_box(&from), black_box(&to)));
}

#[divan::bench(args = MODELS)]
fn render_from_nothing(bencher: Bencher, models: usize) {
    let (from, to) = (DbSchema::empty("public"), lower(&valid(&schema(models)), "public"));
    let changes = diff(&from, &to);
    bencher.bench(|| sql(black_box(&changes), &to));
}

#[divan::bench(args = MODELS)]
fn diff_and_render_one_change(bencher: Bencher, models: usize) {
    let text = schema(models);
    let (from, to) = (lower(&valid(&text), "public"), lower(&valid(&changed(&text)), "public"));
    assert_eq!(diff(&from, &to).len(), 1, "one table changes");
    bencher.bench(|| sql(&diff(black_box(&from), black_box(&to)), &to));
}

/// Goal: 150 ms for 1 000 models.
#[divan::bench(args = MODELS, sample_count = 20)]
fn process_from_nothing(bencher: Bencher, models: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let to = file(folder.path(), "to.prisma", &schema(models));
    bencher.bench(|| run(&[Path::new("--from-empty"), Path::new("--to-schema"), &to]));
}

/// Goal: 100 ms for 1 000 models.
#[divan::bench(args = MODELS, sample_count = 20)]
fn process_one_change(bencher: Bencher, models: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let text = schema(models);
    let (from, to) = (file(folder.path(), "from.prisma", &text), file(folder.path(), "to.prisma", &changed(&text)));
    bencher.bench(|| run(&[Path::new("--from-schema"), &from, Path::new("--to-schema"), &to]));
}

fn file(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("a file can be written");
    path
}

fn run(operands: &[&Path]) {
    let status = Command::new(env!("CARGO_BIN_EXE_evt"))
        .args(["migrate", "diff", "--script"])
        .args(operands)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("the binary runs");
    assert!(status.success(), "the difference is written");
}

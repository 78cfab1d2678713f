//! How long a schema file takes to be read, checked and printed: `cargo bench --bench psl`.

use std::fmt::Write as _;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use evt::psl::{Ast, FileId, Source, format, parse, validate};

fn main() {
    divan::main();
}

const MODELS: [usize; 3] = [100, 1_000, 5_000];

/// A valid schema of this many models, twenty lines each, in which every model refers to the one before.
fn schema(models: usize) -> String {
    let mut text =
        String::from("datasource db {\n  provider = \"postgresql\"\n}\n\nenum Status {\n  DRAFT\n  PUBLISHED\n}\n\n");
    for n in 0..models {
        let _ = write!(
            text,
            "/// Number {n} of the models.\nmodel Article{n} {{\n  id Int @id @default(autoincrement())\n  \
             title String @db.VarChar(200) // shown in lists\n  slug String @unique @map(\"url_slug\")\n  \
             body String?\n  status Status @default(DRAFT)\n  views BigInt @default(0)\n  \
             rating Decimal? @db.Decimal(4, 2)\n  tags String[]\n  data Json @default(\"{{}}\")\n  \
             createdAt DateTime @default(now()) @db.Timestamptz(6)\n  updatedAt DateTime @updatedAt\n  \
             authorName String @default(\"somebody\")\n\n"
        );
        if n > 0 {
            let m = n - 1;
            let _ = writeln!(
                text,
                "  before Article{m}? @relation(fields: [beforeId], references: [id], onDelete: SetNull)"
            );
            text.push_str("  beforeId Int? @unique\n");
        }
        if n + 1 < models {
            let m = n + 1;
            let _ = writeln!(text, "  after Article{m}?");
        }
        let _ = write!(text, "\n  @@index([status, createdAt(sort: Desc)])\n  @@map(\"articles_{n}\")\n}}\n\n");
    }
    text
}

fn read(text: &str) -> Ast {
    parse(Source { id: FileId(0), path: "schema.prisma".to_owned(), text: text.to_owned() }).0
}

#[divan::bench(args = MODELS)]
fn read_file(bencher: Bencher, models: usize) {
    let text = schema(models);
    bencher.counter(BytesCount::of_str(&text)).bench(|| read(black_box(&text)));
}

#[divan::bench(args = MODELS)]
fn read_and_validate(bencher: Bencher, models: usize) {
    let text = schema(models);
    assert!(validate(&[read(&text)]).0.is_some(), "the generated schema is valid");
    bencher.counter(BytesCount::of_str(&text)).bench(|| validate(&[read(black_box(&text))]));
}

/// Text to text, as `evt format` does it.
#[divan::bench(args = MODELS)]
fn read_and_format(bencher: Bencher, models: usize) {
    let text = schema(models);
    bencher.counter(BytesCount::of_str(&text)).bench(|| format(&[read(black_box(&text))]));
}

#[divan::bench(args = MODELS)]
fn format_file(bencher: Bencher, models: usize) {
    let text = schema(models);
    let files = [read(&text)];
    bencher.counter(BytesCount::of_str(&text)).bench(|| format(black_box(&files)));
}

#[divan::bench(args = [100_000, 1_000_000])]
fn read_unclosed_blocks(bencher: Bencher, bytes: usize) {
    let text = "model A {\n  a Int /* \n".repeat(bytes / 22) + "*/";
    bencher.counter(BytesCount::of_str(&text)).bench(|| read(black_box(&text)));
}

#[divan::bench(args = [100_000, 1_000_000])]
fn read_unclosed_blocks_with_comments(bencher: Bencher, bytes: usize) {
    let text = "model A {\n  a Int /* \n".repeat(bytes / 22) + "*/\n";
    bencher.counter(BytesCount::of_str(&text)).bench(|| read(black_box(&text)));
}

#[divan::bench(args = [100_000, 1_000_000])]
fn read_junk(bencher: Bencher, bytes: usize) {
    let text = "{[(\"@@x /* \n".repeat(bytes / 12);
    bencher.counter(BytesCount::of_str(&text)).bench(|| read(black_box(&text)));
}

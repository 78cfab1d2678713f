// What `prisma_cli.mjs` does, step by step: files that are written (`null` removes, a function changes), SQL that is run,
// then a command of Prisma with its exit status and texts that have to be there. `<name>` is the full name of a migration.

const datasource = (major, more = '') =>
  `datasource db {\n  provider = "postgresql"\n${major === 6 ? '  url = env("DATABASE_URL")\n' : ''}${more}}\n\n`

const USER = `model User {
  id   Int     @id @default(autoincrement())
  mail String  @unique
  name String?
}
`
const POSTS = `model User {
  id    Int     @id @default(autoincrement())
  mail  String  @unique
  name  String?
  posts Post[]
}

model Post {
  id       Int    @id @default(autoincrement())
  title    String
  state    State  @default(DRAFT)
  author   User   @relation(fields: [authorId], references: [id])
  authorId Int

  @@index([authorId])
}

enum State {
  DRAFT
  PUBLIC
}
`
const CONFIG = `import { defineConfig } from 'prisma/config'

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env.DATABASE_URL!, shadowDatabaseUrl: process.env.SHADOW_DATABASE_URL },
})
`

export function steps(major) {
  const schema = (text) => ({ 'prisma/schema.prisma': datasource(major) + text })
  const skip = major === 6 ? ['--skip-generate'] : []
  const dev = (...more) => ['migrate', 'dev', ...more, ...skip]
  const push = (...more) => ['db', 'push', ...more, ...skip]
  const toSchema = major === 6 ? '--to-schema-datamodel' : '--to-schema'
  const shadow = major === 6 ? ['--shadow-database-url', '<shadow>'] : []
  const live = major === 6 ? ['--from-url', '<url>'] : ['--from-config-datasource']
  const execute = major === 6 ? ['db', 'execute', '--url', '<url>'] : ['db', 'execute']
  return [
    { files: { ...schema(USER), ...(major === 7 ? { 'prisma.config.ts': CONFIG } : {}) } },

    { run: ['migrate', 'status'], status: 1, says: 'P1003', why: 'the database does not exist' },
    { run: dev('--name', 'init'), status: 0, says: ['created', 'Applying migration `<init>`', 'now in sync'] },
    { run: ['migrate', 'status'], status: 0, says: 'up to date' },
    { run: dev('--name', 'nothing'), status: 0, says: 'in sync' },
    { files: schema(POSTS), run: dev('--name', 'add posts'), status: 0, says: 'Applying migration `<add_posts>`' },
    { run: ['migrate', 'deploy'], status: 0, says: 'No pending migrations' },

    { sql: `INSERT INTO "User" (mail, name) VALUES ('a', 'A'), ('b', NULL)` },
    { files: schema(POSTS.replace('  name  String?\n', '')), run: dev('--name', 'lose'), status: 1, says: 'non-interactive', why: 'a column with data would go' },
    { files: schema(POSTS.replace('String?', 'String')), run: dev('--name', 'required'), status: 1, says: '• Step', why: 'a column with NULLs cannot be required' },
    { run: dev('--name', 'required', '--create-only'), status: 0, says: '<required>' },
    { run: ['migrate', 'status'], status: 1, says: '<required>' },
    { files: { 'prisma/migrations/<required>/migration.sql': (text) => `UPDATE "User" SET name = 'none' WHERE name IS NULL;\n` + text.replace(/^\/\*[^]*?\*\/\n/, '') } },
    { run: dev('--name', 'x'), status: 0, says: 'Applying migration `<required>`', why: 'the draft, edited so that it can run' },
    { run: dev('--name', 'empty', '--create-only'), status: 0, says: '<empty>', why: 'an empty draft' },
    { run: ['migrate', 'deploy'], status: 0, says: 'Applying migration `<empty>`' },

    { files: { 'prisma/migrations/29990101000000_bad/migration.sql': 'SELECT oops;\n' } },
    { run: ['migrate', 'deploy'], status: 1, says: ['P3018', '<bad>', 'oops'] },
    { run: ['migrate', 'deploy'], status: 1, says: ['P3009', '<bad>'] },
    { run: ['migrate', 'status'], status: 1, says: '<bad>' },
    { run: ['migrate', 'resolve', '--rolled-back', '<bad>'], status: 0 },
    { run: ['migrate', 'resolve', '--rolled-back', '<bad>'], status: 0, why: 'once more changes nothing' },
    { run: ['migrate', 'status'], status: major === 6 ? 0 : 1, why: 'Prisma 6 counts what was rolled back as known' },
    { files: { 'prisma/migrations/<bad>/migration.sql': 'CREATE TABLE good (id int);\nSELECT 1;\n' } },
    { run: ['migrate', 'deploy'], status: 0, says: 'Applying migration `<bad>`' },
    { run: ['migrate', 'resolve', '--rolled-back', '<bad>'], status: 0, why: 'not all of its rows are finished' },
    { run: ['migrate', 'resolve', '--applied', '<bad>'], status: 1, says: 'P3008' },
    { run: ['migrate', 'resolve', '--rolled-back', '<init>'], status: 1, says: 'P3012' },
    { run: ['migrate', 'resolve', '--rolled-back', 'never'], status: 1, says: 'P3011' },
    { run: ['migrate', 'resolve', '--applied', 'nowhere'], status: 1, says: 'P3017' },
    { run: ['migrate', 'resolve'], status: 1 },

    ...(major === 6 ? [{ run: dev('--name', 'x'), status: 130, says: '`<bad>`', why: 'Prisma 6 compares with the first row, of before it was mended' }] : []),
    { sql: 'DELETE FROM _prisma_migrations WHERE rolled_back_at IS NOT NULL' },
    { run: ['migrate', 'diff', ...live, toSchema, 'prisma/schema.prisma', '--script'], status: 0, same: true },
    { run: ['migrate', 'diff', ...live, toSchema, 'prisma/schema.prisma', '--exit-code'], status: 2, same: true },
    { run: ['migrate', 'diff', '--from-migrations', 'prisma/migrations', toSchema, 'prisma/schema.prisma', '--script', ...shadow], status: 0, same: true },
    { run: ['migrate', 'diff', '--from-empty', toSchema, 'prisma/schema.prisma', '--script'], status: 0, same: true },
    { run: ['migrate', 'diff', '--from-empty', toSchema, 'prisma/schema.prisma'], status: 0, same: true },
    { run: ['migrate', 'diff', '--from-empty', toSchema, 'prisma/schema.prisma', '--exit-code', '--script', '--output', 'all.sql'], status: 2 },
    { run: ['migrate', 'diff', '--from-empty', '--to-empty'], status: 1 },

    { sql: 'ALTER TABLE "User" ADD COLUMN extra int' },
    { run: dev('--name', 'x'), status: 130, says: 'extra', why: 'drift' },
    { sql: 'ALTER TABLE "User" DROP COLUMN extra' },
    { files: { 'prisma/migrations/<init>/migration.sql': (text) => text + '-- edited\n' } },
    { run: dev('--name', 'x'), status: 130, says: '<init>', why: 'an edited migration' },
    { run: ['migrate', 'status'], status: 0, why: 'Prisma does not look at edited ones here' },
    { run: ['migrate', 'reset'], status: 1, why: 'nobody said yes' },
    { run: ['migrate', 'reset', '--force', ...skip], status: 0, says: 'Applying migration `<init>`' },

    { files: { 'prisma/migrations/migration_lock.toml': (text) => text.replace('postgresql', 'mysql') } },
    { run: ['migrate', 'deploy'], status: 1, says: 'P3019' },
    { run: ['migrate', 'status'], status: 1, says: 'P3019' },
    { files: { 'prisma/migrations/migration_lock.toml': (text) => text.replace('mysql', 'postgresql') } },
    { files: { 'prisma/migrations/29990102000000_gone/note.txt': 'no script here\n' } },
    { run: ['migrate', 'deploy'], status: 1, says: 'P3015' },
    { files: { 'prisma/migrations/29990102000000_gone': null, 'prisma/migrations/<bad>': null } },
    { run: ['migrate', 'status'], status: 0, why: 'a migration that only the database has' },
    { run: dev('--name', 'x'), status: 130, says: '_bad' },

    { sql: 'DROP TABLE _prisma_migrations' },
    { run: ['migrate', 'deploy'], status: 1, says: 'P3005' },
    { run: ['migrate', 'resolve', '--applied', '<init>'], status: 0, why: 'a baseline' },
    { run: ['migrate', 'status'], status: 1 },
    { run: ['migrate', 'resolve', '--applied', '<add_posts>'], status: 0 },
    { run: ['migrate', 'resolve', '--applied', '<required>'], status: 0 },
    { run: ['migrate', 'resolve', '--applied', '<empty>'], status: 0 },
    { run: ['migrate', 'deploy'], status: 0, says: 'No pending migrations' },
    { sql: 'DROP TABLE good' },
    { run: dev('--name', 'x'), status: 0, says: 'in sync' },

    { run: push(), status: 0, says: 'in sync', why: 'nothing to push' },
    { files: schema(POSTS.replace('String?', 'String').replace('  title    String\n', '  title    String\n  text     String @default("")\n')), run: push(), status: 0, says: 'now in sync' },
    { sql: `INSERT INTO "User" (mail, name) VALUES ('c', 'C')` },
    { files: schema(POSTS.replace('  name  String?\n', '')), run: push(), status: 1, says: '--accept-data-loss' },
    { run: push('--accept-data-loss'), status: 0 },
    { files: schema(POSTS.replace('String?', 'Int')), run: push(), status: 1, says: '--force-reset', why: 'a required column without a value' },
    { run: push('--force-reset'), status: 0, says: 'now in sync' },

    { run: ['db', 'pull', '--print'], status: 0, same: true },
    { sql: `CREATE TABLE tags (id serial PRIMARY KEY, "postId" int REFERENCES "Post" (id), word varchar(20) NOT NULL DEFAULT 'x', at timestamptz(3) DEFAULT now())` },
    { run: ['db', 'pull'], status: 0, says: 'Introspected 3 models' },
    { run: ['db', 'pull', '--force'], status: 0 },
    { run: push(), status: 0, says: 'in sync', why: 'what was pulled is what is there' },

    { run: [...execute, '--stdin'], input: 'CREATE TABLE by_hand (id int)', status: 0, says: 'executed' },
    { files: { 'fix.sql': 'INSERT INTO by_hand VALUES (1);\nSELECT oops;\n' }, run: [...execute, '--file', 'fix.sql'], status: 1, says: 'oops', why: 'all of it or nothing' },
    { files: { 'fix.sql': 'INSERT INTO by_hand VALUES (1);\n' }, run: [...execute, '--file', 'fix.sql'], status: 0 },

    { sql: 'DROP SCHEMA public CASCADE; CREATE SCHEMA public' },
    { run: ['db', 'pull'], status: 1, says: 'P4001' },
    { run: ['migrate', 'status'], status: 1 },
    { files: schema('model Broken {\n  id Strng\n}\n'), run: push(), status: 1, says: 'P1012' },
  ]
}

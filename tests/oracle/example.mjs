// Records the steps that Prisma takes for the example schema and for small changes to it.
// Reads ../../schema.prisma and ../fixtures/example/*.case; writes the section `migration.sql` of each case.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { diff, open, rulesOf } from './engine.mjs'

const root = new URL('../..', import.meta.url).pathname
const schema = readFileSync(join(root, 'schema.prisma'), 'utf8')
const folder = join(root, 'tests/fixtures/example')
const engine = await open(rulesOf(schema), process.env.DATABASE_URL)

for (const name of readdirSync(folder).filter((file) => file.endsWith('.case'))) {
  const path = join(folder, name)
  const [head] = readFileSync(path, 'utf8').split('-- migration.sql --\n')
  // A case is a list of edits: a line to find, and the lines to put in its place.
  const edits = head.split('-- find --\n').slice(1).map((edit) => edit.split('-- replace --\n'))
  const edited = edits.reduce((text, [find, replace]) => {
    if (!text.includes(find)) throw new Error(`${name}: not found: ${find}`)
    return text.replace(find, replace)
  }, schema)
  const sql = await diff(engine, edits.length ? schema : null, edited)
  // `migrate dev` finds the namespace in place.
  const script = sql.replace('-- CreateSchema\nCREATE SCHEMA IF NOT EXISTS "public";\n\n', '')
  writeFileSync(path, `${head}-- migration.sql --\n${script}`)
}
process.exit()

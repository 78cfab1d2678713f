// Compares what evt and Prisma find in every file of a folder, and how they print it: `node compare.mjs FOLDER`.
// Any text will do, such as the corpus of the fuzz target. Names the files for which lines with errors, lines with
// warnings or the formatted text differ, and exits with 1 if there are any. Known and on purpose: providers other than
// PostgreSQL, brackets nested deeper than 50, and two mistakes of Prisma's formatter (tests/it/format/inputs.rs).
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { resolve } from 'node:path'
import { format, lint } from './engine.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const output = execFileSync('cargo', ['run', '--quiet', '--example', 'findings', '--', resolve(process.argv[2])], {
  cwd: root,
  encoding: 'utf8',
  maxBuffer: 1 << 30,
})
const otherProvider = /provider\s*=\s*"(mysql|sqlite|sqlserver|mongodb|cockroachdb)"/
const isDeep = (text) => text.split('\n').some((line) => line.replace(/[^([{]/g, '').length > 50)
let [compared, differing, broken] = [0, 0, 0]
for (const line of output.split('\n').filter(Boolean)) {
  const evt = JSON.parse(line)
  if (otherProvider.test(evt.text) || isDeep(evt.text)) continue
  let findings, formatted
  try {
    findings = lint(evt.rules, evt.text)
    formatted = format(evt.rules, evt.text)[0]
  } catch {
    broken++ // the engine does not survive it
    continue
  }
  compared++
  const lines = (isWarning) => {
    const found = findings.filter((it) => it.is_warning === isWarning)
    return [...new Set(found.map((it) => evt.text.slice(0, it.start).split('\n').length))].sort((a, b) => a - b)
  }
  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b)
  const differences = [
    !same(lines(false), evt.errors) && `errors: Prisma ${lines(false)}, evt ${evt.errors}`,
    !same(lines(true), evt.warnings) && `warnings: Prisma ${lines(true)}, evt ${evt.warnings}`,
    formatted !== evt.formatted && !evt.onPurpose && 'the formatted text',
  ].filter(Boolean)
  if (differences.length) {
    differing++
    console.log(`${evt.name}: ${differences.join('; ')}`)
  }
}
console.log(`${compared} compared, ${differing} differ, ${broken} broke the engine down`)
process.exit(differing ? 1 : 0)

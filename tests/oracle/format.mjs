// Records what Prisma makes of the formatter's inputs. Reads tests/fixtures/format/*.case (by way of the example
// `format_inputs`, which also makes the mutants) and ../shared/corpus if it is there; writes in tests/fixtures/format:
//   prisma-<version>.json          the formatted text of each case, as lines; cases with a URL go to 6, all others to 7
//   mutants.sha256                 name of each mutant, first 16 digits of the SHA-256 of its formatted text
//   corpus.prisma-<version>.sha256 the same for each schema of the corpus
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { VERSIONS, format } from './engine.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const target = join(root, 'tests/fixtures/format')
const digest = (text) => createHash('sha256').update(text).digest('hex').slice(0, 16)

const output = execFileSync('cargo', ['run', '--quiet', '--example', 'format_inputs'], {
  cwd: root,
  encoding: 'utf8',
  maxBuffer: 1 << 30,
})
const inputs = output.split('\n').filter(Boolean).map((line) => JSON.parse(line))

for (const major of [6, 7]) {
  const answers = {}
  for (const { kind, name, rules, text } of inputs) {
    if (kind === 'case' && rules === major) answers[name] = format(major, text)[0].split('\n')
  }
  writeFileSync(join(target, `prisma-${VERSIONS[major]}.json`), JSON.stringify(answers, null, 1) + '\n')
}

const mutants = inputs.filter(({ kind }) => kind === 'mutant')
const lines = mutants.map(({ name, rules, text }) => `${name} ${digest(format(rules, text)[0])}\n`)
writeFileSync(join(target, 'mutants.sha256'), lines.join(''))

const corpus = join(root, '../shared/corpus')
if (existsSync(corpus)) {
  const paths = readdirSync(corpus, { recursive: true }).filter((path) => path.endsWith('.prisma')).sort()
  for (const major of [6, 7]) {
    const line = (path) => `${digest(format(major, readFileSync(join(corpus, path), 'utf8'))[0])} ${path}\n`
    writeFileSync(join(target, `corpus.prisma-${VERSIONS[major]}.sha256`), paths.map(line).join(''))
  }
}

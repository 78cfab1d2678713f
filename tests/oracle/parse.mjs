// Records where Prisma finds syntax errors in the inputs of the formatter's tests (see format.mjs): writes
// tests/fixtures/parse/spans.prisma-<version>.json, per input a list of start-end in bytes; inputs without errors are left out.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { VERSIONS, lint } from './engine.mjs'

// Only what reading a file can find, by words of the messages.
const SYNTAX =
  /known Prisma schema keyword|field or attribute definition|enum value definition|definition within a|Invalid type definition|missing a name or a type|don't require a `:`|`!` is no longer|instead of `\[Type\]`|Optional lists|Unknown escape|Invalid unicode|composite type/
const LATER = /neither a built-in type|already (defined|exists)|does not support|not supported on|Composite types are not/

const root = fileURLToPath(new URL('../..', import.meta.url))
const output = execFileSync('cargo', ['run', '--quiet', '--example', 'format_inputs'], {
  cwd: root,
  encoding: 'utf8',
  maxBuffer: 1 << 30,
})
const answers = {}
for (const { kind, name, text } of output.split('\n').filter(Boolean).map((line) => JSON.parse(line))) {
  const bytes = (offset) => Buffer.byteLength(text.slice(0, offset))
  const errors = lint(7, text).filter((error) => SYNTAX.test(error.text) && !LATER.test(error.text))
  if (errors.length) answers[`${kind} ${name}`] = errors.map(({ start, end }) => `${bytes(start)}-${bytes(end)}`)
}
writeFileSync(join(root, `tests/fixtures/parse/spans.prisma-${VERSIONS[7]}.json`), JSON.stringify(answers, null, 0).replaceAll('],"', '],\n"') + '\n')

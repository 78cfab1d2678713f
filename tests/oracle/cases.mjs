// The small schemas of tests/fixtures/validate/*.case, and the schemas of real projects, for the scripts that record answers.
// The format of the cases is described in tests/it/validate.rs.
import { existsSync, readFileSync, readdirSync } from 'node:fs'

const fixtures = new URL('../fixtures/validate/', import.meta.url)
const projects = new URL('../../../shared/corpus/', import.meta.url)
const header = 'datasource db {\n  provider = "postgresql"\n'

// The engines read and check a schema that has a `url` by the rules of 6, others by those of 7.
export function rules(files) {
  for (const [, text] of files) {
    let inside = false
    for (const line of text.split('\n')) {
      if (/^\s*datasource\b/.test(line)) inside = true
      else if (line.startsWith('}')) inside = false
      else if (inside && /^\s*url\s*=/.test(line)) return 6
    }
  }
  return 7
}

function expand(name, body) {
  const lines = body.split('\n')
  const insertions = lines.filter((line) => line.startsWith('>>> ')).map((line) => line.slice(4))
  const host = lines.filter((line) => !line.startsWith('>>> ')).join('\n')
  if (!insertions.length) return [[name, host]]
  return insertions.map((insertion) => {
    const parts = insertion.split(' || ').map((part) => part.replaceAll('\\n', '\n'))
    return [`${name}: ${insertion}`, host.split('$').reduce((text, rest, i) => text + (parts[i - 1] ?? '') + rest)]
  })
}

function files(text) {
  const parts = text.split(/^--- (.*)\n/m)
  const list = parts.length > 1 ? [] : [['schema.prisma', text]]
  for (let i = 1; i < parts.length; i += 2) list.push([parts[i], parts[i + 1]])
  return list
}

function variants(text) {
  if (text.startsWith('!no datasource\n')) return [['', text.slice(text.indexOf('\n') + 1)]]
  if (text.includes('datasource ')) return [['', text]]
  return [['6', `${header}  url      = "postgresql://localhost"\n}\n${text}`], ['7', `${header}}\n${text}`]]
}

/** Each small schema: { name, files: [[path, text], …] }. */
export function* cases() {
  for (const file of readdirSync(fixtures).filter((f) => f.endsWith('.case')).sort())
    for (const block of readFileSync(new URL(file, fixtures), 'utf8').split(/^=== /m).slice(1)) {
      const end = block.indexOf('\n')
      for (const [name, host] of expand(block.slice(0, end), block.slice(end + 1)))
        for (const [dialect, text] of variants(host))
          yield { name: `${file.slice(0, -5)}/${name}${dialect && ` [${dialect}]`}`, files: files(text) }
    }
}

/** Each schema below ../shared/corpus, if that is there. */
export function* corpus() {
  if (!existsSync(projects)) return
  for (const project of readdirSync(projects, { withFileTypes: true }).filter((d) => d.isDirectory()).map((d) => d.name).sort())
    for (const file of readdirSync(new URL(`${project}/schemas/`, projects)).sort()) {
      const text = readFileSync(new URL(`${project}/schemas/${file}`, projects), 'utf8')
      yield { name: `${project}/${file}`, files: [['schema.prisma', text]] }
    }
}

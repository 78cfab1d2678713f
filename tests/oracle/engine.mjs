// What the recording scripts share: the language functions and the schema engine of Prisma 6.19.3 (6) and 7.10.1 (7).
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'

const require = createRequire(import.meta.url)

/** The version behind a major number, for the names of recorded files. */
export const VERSIONS = { 6: '6.19.3', 7: '7.10.1' }

/** Whose rules a schema follows: 6 if a datasource has a URL, else 7. */
export const rulesOf = (...texts) => (texts.some((text) => /^\s*url\s*=/m.test(text)) ? 6 : 7)

const languages = { 6: () => require('prisma-schema-6'), 7: () => require('prisma-schema-7') }
const asPairs = (input) => (typeof input === 'string' ? [['schema.prisma', input]] : input)

/** Errors as rendered text, or null if the schema is valid. `input` is a text or a list of [path, text]. */
export function validate(major, input) {
  try {
    languages[major]().validate(JSON.stringify({ prismaSchema: asPairs(input), noColor: true }))
    return null
  } catch (error) {
    try {
      return JSON.parse(error.message).message
    } catch {
      throw error // the engine broke down: no verdict
    }
  }
}

/** All findings: { file_name, start, end, text, is_warning }, offsets in UTF-16 units. */
export const lint = (major, input) => JSON.parse(languages[major]().lint(JSON.stringify(asPairs(input))))

/** The formatted texts, in the order of the input. */
export function format(major, input) {
  const pairs = asPairs(input)
  // The engine returns its input unchanged if this is no URI.
  const options = { textDocument: { uri: `file:/${pairs[0][0]}` }, options: { tabSize: 2, insertSpaces: true } }
  return JSON.parse(languages[major]().format(JSON.stringify(pairs), JSON.stringify(options))).map(([, text]) => text)
}

/** The data model as the generators get it. */
export const dmmf = (major, input) =>
  JSON.parse(languages[major]().get_dmmf(JSON.stringify({ prismaSchema: asPairs(input), noColor: true })))

// The driver cannot read the one-byte type that catalogs use. It gets a text instead, and the engine is told the truth.
const CHAR = 18
const TEXT = 25
const charColumns = new Map()

function readCharAsText(Class) {
  const original = Class.prototype.query
  Class.prototype.query = function query(...parameters) {
    const answer = original.apply(this, parameters)
    const mend = (result) => {
      const fields = result?.fields ?? []
      const chars = fields.flatMap((field, position) => (field.dataTypeID === CHAR ? [position] : []))
      if (chars.length) charColumns.set(fields.map((field) => field.name).join(), chars)
      for (const position of chars) fields[position].dataTypeID = TEXT
      return result
    }
    return typeof answer?.then === 'function' ? answer.then(mend) : answer
  }
}

let drivers
async function loadDrivers() {
  if (drivers) return drivers
  const { default: pg } = await import('pg')
  readCharAsText(pg.Pool)
  readCharAsText(pg.Client)
  const { PrismaPg } = await import('@prisma/adapter-pg')
  const { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } = await import('@prisma/driver-adapter-utils')
  drivers = { PrismaPg, bind: bindMigrationAwareSqlAdapterFactory, character: ColumnTypeEnum.Character }
  return drivers
}

// A connection that says which columns are of that type.
function truthful(connection, character) {
  const ask = connection.queryRaw.bind(connection)
  connection.queryRaw = async (question) => {
    const answer = await ask(question)
    for (const position of charColumns.get(answer.columnNames.join()) ?? []) answer.columnTypes[position] = character
    return answer
  }
  return connection
}

const engineClasses = {}
async function engineClass(major) {
  if (!engineClasses[major]) {
    const folder = dirname(require.resolve(`schema-engine-${major}`))
    const glue = await import(pathToFileURL(join(folder, 'schema_engine_bg.js')).href)
    const module = await WebAssembly.instantiate(readFileSync(join(folder, 'schema_engine_bg.wasm')), {
      './schema_engine_bg.js': glue,
    })
    glue.__wbg_set_wasm(module.instance.exports)
    module.instance.exports.__wbindgen_start()
    engineClasses[major] = glue.SchemaEngine
  }
  return engineClasses[major]
}

/** The schema engine on a database. `files` is a list of [path, text], needed by calls that create or push. */
export async function open(major, url, files) {
  const { PrismaPg, bind, character } = await loadDrivers()
  const SchemaEngine = await engineClass(major)
  const target = new URL(url)
  const schema = target.searchParams.get('schema') ?? 'public'
  target.searchParams.delete('schema')
  const factory = (database) => new PrismaPg({ connectionString: database.toString() }, { schema })
  const adapter = factory(target)
  const plainly = adapter.connect.bind(adapter)
  const connect = async () => truthful(await plainly(), character)
  adapter.connect = connect
  adapter.connectToShadowDb = async () => {
    const main = await connect()
    const name = `evt_record_${crypto.randomUUID()}`
    await main.executeScript(`CREATE DATABASE "${name}"`)
    const shadowUrl = new URL(target)
    shadowUrl.pathname = `/${name}`
    const shadow = truthful(await factory(shadowUrl).connect(), character)
    const leave = shadow.dispose.bind(shadow)
    shadow.dispose = async () => {
      await leave()
      await main.executeScript(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`)
      await main.dispose()
    }
    return shadow
  }
  return SchemaEngine.new({ datamodels: files }, () => {}, bind(adapter))
}

const filters = { externalTables: [], externalEnums: [] }
const side = (input) =>
  input == null
    ? { tag: 'empty' }
    : { tag: 'schemaDatamodel', files: asPairs(input).map(([path, content]) => ({ path, content })) }

/** The steps from one schema to another: SQL, or the summary. null is the empty schema. */
export async function diff(engine, from, to, { summary = false } = {}) {
  const answer = await engine.diff({
    from: side(from),
    to: side(to),
    script: !summary,
    exitCode: null,
    shadowDatabaseUrl: null,
    filters,
  })
  return answer.stdout
}

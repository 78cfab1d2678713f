// Answers the two requests of the generator protocol for a generator that is a class: node -e … PACKAGE CLASS
const [location, name] = process.argv.slice(1)
const Generator = require(location)[name]
const generator = new Generator({ shouldResolvePrismaClient: false })
const reply = (id, body) => process.stderr.write(JSON.stringify({ jsonrpc: '2.0', ...body, id }) + '\n')
require('node:readline').createInterface({ input: process.stdin }).on('line', async (line) => {
  const { id, method, params } = JSON.parse(line)
  try {
    if (method === 'getManifest') reply(id, { result: { manifest: await generator.getManifest(params) } })
    else reply(id, { result: (await generator.generate(params)) ?? null })
  } catch (error) {
    reply(id, { error: { code: -32000, message: error.message, data: { stack: error.stack } } })
  }
})

// A real OpenID Connect provider for the tests: node provider.mjs PORT REDIRECT_URI SIGNED_OUT_URI
// Whoever signs in by a name of PEOPLE is that person; the password is not looked at.
import Provider from 'oidc-provider'

const [port, redirectUri, signedOutUri] = process.argv.slice(2)
const issuer = `http://127.0.0.1:${port}`
const PEOPLE = {
  megan: { name: 'Megan Rees', email: 'megan@heddlu.test', roles: ['staff', 'llais-officers'], locale: 'cy-GB' },
  bob: { name: 'Bob Boss', email: 'bob@heddlu.test', roles: ['llais-supervisors'], locale: 'en' },
  eve: { name: 'Eve Outside', email: 'eve@heddlu.test', roles: ['staff'], locale: 'en' }
}
// What an administrator of the provider changes while the tests run: PUT /people/NAME
const people = structuredClone(PEOPLE)

const provider = new Provider(issuer, {
  clients: [{
    client_id: 'llais',
    client_secret: 'a-client-secret-of-the-tests-0001',
    redirect_uris: [redirectUri],
    post_logout_redirect_uris: [signedOutUri]
  }],
  claims: { openid: ['sub'], profile: ['name', 'preferred_username', 'locale', 'roles'], email: ['email'] },
  cookies: { keys: ['a-cookie-key-of-the-tests-0000001'] },
  pkce: { required: () => true },
  features: { devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true } },
  findAccount: (ctx, id) => ({
    accountId: id,
    claims: () => ({ sub: id, preferred_username: id, ...people[id] })
  })
})
provider.use(async (ctx, next) => {
  const name = /^\/people\/(\w+)$/.exec(ctx.path)?.[1]
  if (!name || ctx.method !== 'PUT') return next()
  let body = ''
  for await (const part of ctx.req) body += part
  Object.assign(people[name], JSON.parse(body))
  ctx.status = 204
})
provider.listen(Number(port), '127.0.0.1', () => console.log('ready'))

// SPDX-License-Identifier: Apache-2.0
// What an OAuth client finds out about each URL of its arguments: a JSON object a line.
import * as oauth from 'oauth4webapi';

const options = { [oauth.allowInsecureRequests]: true };

// The parameters of the Bearer challenge to a wrong token.
async function challengeOf(url) {
  try {
    await oauth.protectedResourceRequest('wrong', 'GET', url, undefined, undefined, options);
  } catch (error) {
    return error.cause.find(({ scheme }) => scheme === 'bearer').parameters;
  }
  throw new Error(`${url} takes a wrong token`);
}

async function metadataOf(url) {
  const response = await oauth.resourceDiscoveryRequest(url, options);

  try {
    return { address: response.url, metadata: await oauth.processResourceDiscoveryResponse(url, response) };
  } catch (error) {
    return { address: response.url, refused: error.code };
  }
}

for (const argument of process.argv.slice(2)) {
  const url = new URL(argument);

  process.stdout.write(`${JSON.stringify({ challenge: await challengeOf(url), ...await metadataOf(url) })}\n`);
}

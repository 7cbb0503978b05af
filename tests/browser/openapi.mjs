// SPDX-License-Identifier: Apache-2.0
// Judges the OpenAPI description on standard input; prints what is wrong, and ends with 1 if anything is.
import { Validator } from '@seriousme/openapi-schema-validator';
import { text } from 'node:stream/consumers';

const validator = new Validator();
const judgement = await validator.validate(JSON.parse(await text(process.stdin)));

if (!judgement.valid || validator.version !== '3.1') {
  console.log(JSON.stringify({ version: validator.version, errors: judgement.errors }, null, 1));
  process.exitCode = 1;
}

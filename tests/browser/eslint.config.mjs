// SPDX-License-Identifier: Apache-2.0
// How ESLint reads the page's scripts: as modules in a browser, and strictly.
import js from '@eslint/js';

const browser = [
  'IntersectionObserver', 'Intl', 'Option', 'URL', 'URLSearchParams', 'addEventListener', 'clearTimeout', 'document', 'fetch',
  'getSelection', 'innerHeight', 'innerWidth', 'location', 'navigator', 'setInterval', 'setTimeout',
];
const htmlSinks = ['innerHTML', 'outerHTML', 'insertAdjacentHTML', 'setHTMLUnsafe', 'srcdoc'];

export default [
  js.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    languageOptions: {
      ecmaVersion: 2024,
      sourceType: 'module',
      globals: Object.fromEntries(browser.map((name) => [name, 'readonly'])),
    },
    rules: {
      'complexity': ['error', 10],
      'curly': 'error',
      'eqeqeq': 'error',
      'max-len': ['error', { code: 150 }],
      'max-lines': ['error', 400],
      'max-lines-per-function': ['error', 60],
      'no-alert': 'error',
      'no-console': 'error',
      'no-eval': 'error',
      'no-implied-eval': 'error',
      'no-multi-str': 'error',
      'no-restricted-properties': ['error',
        ...htmlSinks.map((property) => ({ property, message: 'Text is set with textContent.' })),
        { object: 'document', property: 'write' }, { object: 'document', property: 'cookie' }],
      'no-restricted-globals': ['error', 'localStorage', 'sessionStorage', 'indexedDB', 'caches', 'history', 'event', 'name'],
      'no-shadow': 'error',
      'no-var': 'error',
      'object-shorthand': 'error',
      'prefer-const': 'error',
      'prefer-template': 'error',
    },
  },
];

#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Writes the page's files to standard output as C source, with POSIX tools only. Usage: embed.sh FOLDER
set -eu
cd "$1"
assets='page.css page.js api.js clipboard.js dialogs.js link.js menu.js table.js usage.js icon.svg'

# Removes what browsers do not need: indentation, empty lines and comments; in CSS also blanks.
slim() {
    case $1 in
    *.js | *.html)
        sed -e 's/^ *//' -e '/SPDX/b' -e '/^$/d' -e '/^\/\/ /d' -e 's/ \/\/ [^"`'\'']*$//' \
            -e '/^\/\*\*.*\*\/$/d' -e '/^<!-- .* -->$/d' -e '/^\/\*\*$/,/^\*\/$/d' "$1"
        ;;
    *.css)
        sed -e 's/^ *//' -e '/SPDX/b' -e '/^$/d' -e '/^\/\*.*\*\/$/d' -e 's/\([a-z-]\): /\1:/g' \
            -e 's/ \([{}]\)/\1/g' -e 's/\([{;,]\) /\1/g' -e 's/;}/}/g' "$1"
        ;;
    *) cat "$1" ;;
    esac
}

bytes() {
    slim "$1" | od -An -v -tx1 | sed 's/ *\([0-9a-f][0-9a-f]\)/0x\1,/g'
}

type_of() {
    case $1 in
    *.css) echo 'text/css; charset=utf-8' ;;
    *.js) echo 'text/javascript; charset=utf-8' ;;
    *.svg) echo 'image/svg+xml' ;;
    esac
}

echo '/* Made from src/ui by embed.sh; change the files there. */'
echo '#include "httpd/manager/assets.h"'
for file in page.html openapi.json $assets; do
    printf 'static const char %s[] = {\n' "$(echo "$file" | tr . _)"
    bytes "$file"
    echo '0};'
done
echo 'const char *const at_assets_page = page_html;'
echo 'const char *const at_assets_openapi = openapi_json;'
# The version is part of the URL, so that browsers may cache a file for ever.
echo 'const char at_assets_version[] = "'"$(cat $assets embed.sh | cksum | tr ' ' -)"'";'
echo 'const at_asset_t at_assets[] = {'
for file in $assets; do
    name=$(echo "$file" | tr . _)
    printf '{"%s", "%s", %s, sizeof(%s) - 1},\n' "$file" "$(type_of "$file")" "$name" "$name"
done
echo '{0}};'

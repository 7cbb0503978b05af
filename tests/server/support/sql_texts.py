# SPDX-License-Identifier: Apache-2.0
"""Every SQL text of src/core/db/sql.c, as that file itself composes it: a program linked to the build's libcore prints them."""

import functools
import os
import re
import subprocess
import tempfile

from httpd import module_path

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
FIELD = re.compile(r"^    const char \*(\w+)((?:\[\w+\])*);", re.M)
NO_STATEMENTS = ("driver", "table", "begin", "create", "select", "inserted")
PROGRAM = """
#include <stdio.h>
#include "core/db/sql.h"
#define SHOW(name) show(#name, (const char *const *)(const void *)&sql->name, sizeof(sql->name) / sizeof(char *))
static void show(const char *name, const char *const *texts, unsigned long count)
{{
    unsigned long i;
    for (i = 0; i < count; i++) {{
        if (texts[i]) {{
            printf("%s\\t%lu\\t%s\\n", name, i, texts[i]);
        }}
    }}
}}
int main(int count, char **words)
{{
    apr_pool_t *pool;
    const at_sql_t *sql;
    if (count != 3 || apr_initialize() || apr_pool_create(&pool, NULL)) {{
        return 1;
    }}
    sql = at_sql_compose(words[1], words[2], pool);
    {fields}
    return 0;
}}
"""


def fields():
    with open(os.path.join(TOP, "include/core/db/sql.h"), encoding="utf-8") as file:
        header = file.read()
    inside = header[header.index("typedef struct at_sql_t {"):header.index("} at_sql_t;")]
    return [name for name, _ in FIELD.findall(inside) if name not in NO_STATEMENTS]


@functools.lru_cache(None)
def texts(driver, table="access_tokens"):
    """{"find": SQL, "list 4": SQL, …} with apr_dbd's %s and %lld; of arrays each element has its number."""
    shown = " ".join(f"SHOW({name});" for name in fields())
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "apr-1"], check=True, capture_output=True,
                           text=True).stdout.split()
    with tempfile.TemporaryDirectory(prefix="accesstoken-sql-") as folder:
        source, program = os.path.join(folder, "texts.c"), os.path.join(folder, "texts")
        with open(source, "w", encoding="utf-8") as file:
            file.write(PROGRAM.format(fields=shown))
        core = os.path.join(os.path.dirname(module_path()), "libcore.a")
        subprocess.run(["cc", "-I", TOP + "/include", source, core, "-o", program, *flags], check=True)
        lines = subprocess.run([program, driver, table], check=True, capture_output=True, text=True).stdout
    found = [line.split("\t") for line in lines.splitlines()]
    several = {name for name, number, _ in found if number != "0"}
    return {f"{name} {number}" if name in several else name: text for name, number, text in found}


def marked(text, mark="?"):
    """The text with the marks for parameters that an engine takes instead of apr_dbd's."""
    return re.sub(r"%(?:s|lld)", mark, text).replace("%%", "%")

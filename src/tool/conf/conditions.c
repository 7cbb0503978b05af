/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evaluates conditions by what the files define. httoken can see neither the -D
 * options of httpd nor the modules that httpd was built with, so there are
 * four answers and not two.
 */
#include "tool/conf/conditions.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tool/conf/lexer.h"

static at_certainty_e negated(at_certainty_e certainty)
{
    return (at_certainty_e)(AT_CERTAINLY - certainty);
}

/* The option -D of httpd defines a name, too. */
static at_certainty_e evaluate_define(const at_definitions_t *definitions,
                                      const char *name)
{
    return at_definitions_has(definitions, name) ? AT_CERTAINLY
                                                 : AT_PROBABLY_NOT;
}

static at_certainty_e evaluate_module(const at_definitions_t *definitions,
                                      const char *name)
{
    static const char *const ours[] = {"accesstoken_module",
                                       "mod_accesstoken.c"};

    if (strcasecmp(name, ours[0]) == 0 || strcasecmp(name, ours[1]) == 0 ||
        apr_table_get(definitions->modules, name)) {
        return AT_CERTAINLY;
    }
    return AT_PROBABLY_NOT;
}

static at_certainty_e evaluate_file(const at_definitions_t *definitions,
                                    const char *path)
{
    path = at_definitions_path(definitions, path);
    if (access(path, F_OK) == 0) {
        return AT_CERTAINLY;
    }
    return strstr(path, "${") || (errno != ENOENT && errno != ENOTDIR)
               ? AT_PROBABLY_NOT
               : AT_CERTAINLY_NOT;
}

at_certainty_e at_conditions_evaluate(const at_definitions_t *definitions,
                                      const char *name, const char *arguments)
{
    const char *word = at_lexer_word(&arguments, definitions->pool);
    int negate = word[0] == '!';
    at_certainty_e certainty;

    word += negate;
    if (strcasecmp(name, "IfDefine") == 0) {
        certainty = evaluate_define(definitions, word);
    }
    else if (strcasecmp(name, "IfModule") == 0) {
        certainty = evaluate_module(definitions, word);
    }
    else if (strcasecmp(name, "IfFile") == 0) {
        certainty = evaluate_file(definitions, word);
    }
    else if (strcasecmp(name, "IfDirective") == 0) {
        certainty = strncasecmp(word, "AccessToken", 11) == 0 ? AT_CERTAINLY
                                                              : AT_PROBABLY;
    }
    else if (strcasecmp(name, "IfVersion") == 0 ||
             strcasecmp(name, "IfSection") == 0) {
        return AT_PROBABLY;
    }
    else {
        return strcasecmp(name, "Macro") == 0 ? AT_PROBABLY_NOT : AT_CERTAINLY;
    }
    return negate ? negated(certainty) : certainty;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parses the command line with getopt_long(). Options and operands may be
 * mixed, so that -d may be given before or after the command.
 */
#include "tool/cli/args.h"

#include <getopt.h>
#include <string.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "core/token/token.h"

const at_option_t at_options[AT_OPTIONS] = {
    [AT_OPTION_DATABASE] = {"database", 'd', "'DRIVER PARAMS'",
                            "the database, as AccessTokenDatabase takes it; "
                            "for parameters with a password use "
                            "HTTOKEN_DATABASE, which ps does not show"},
    [AT_OPTION_TABLE] = {"table", 't', "NAME", "the name of the table"},
    [AT_OPTION_CONFIG] = {"config", 'c', "FILE",
                          "read the AccessToken directives of this httpd "
                          "configuration file, and of what it includes",
                          "@file"},
    [AT_OPTION_QUIET] = {"quiet", 'q', NULL,
                         "do not name the database on standard error"},
    [AT_OPTION_HELP] = {"help", 'h', NULL, "show this help"},
    [AT_OPTION_VERSION] = {"version", 'V', NULL, "show the version"},
    [AT_OPTION_LIFETIME] = {"lifetime", 'l', "TIME",
                            "how long the token is valid: 12h, 90d, or never "
                            "(default: 365d)",
                            "30d 90d 365d never"},
    [AT_OPTION_DESCRIPTION] = {"description", 'm', "TEXT",
                               "what the token is for, at most 255 characters"},
    [AT_OPTION_SCOPE] = {"scope", 0, "WORD",
                         "limit the token to this scope; several of these "
                         "options limit it to all their scopes (default: not "
                         "limited)",
                         .is_repeatable = 1},
    [AT_OPTION_PREFIX] = {"prefix", 'p', "WORD",
                          "what the token begins with (default: "
                          "AccessTokenPrefix, else " AT_TOKEN_PREFIX ")"},
    [AT_OPTION_OUTPUT] = {"output", 'o', "FILE",
                          "write the token to a new file that only you can "
                          "read",
                          "@file"},
    [AT_OPTION_STATUS] = {"status", 's', "WORD",
                          "only tokens that are active, expired or deleted; "
                          "all: every row (default: all that are not deleted)",
                          "active expired deleted all"},
    [AT_OPTION_EXPIRING] = {"expiring-within", 0, "TIME",
                            "only active tokens that expire within this time",
                            "7d 14d 30d"},
    [AT_OPTION_UNUSED] = {"unused-for", 0, "TIME",
                          "only tokens that were neither used nor created "
                          "within this time",
                          "30d 90d 365d"},
    [AT_OPTION_FORMAT] = {"format", 'f', "WORD",
                          "table, json or csv (default: table)",
                          "table json csv"},
    [AT_OPTION_USER] = {"user", 'u', "USER",
                        "all tokens of this user, also expired ones"},
    [AT_OPTION_OLDER] = {"older-than", 0, "TIME",
                         "how long ago the tokens expired or were deleted "
                         "(default: AccessTokenPurgeAfter, else 90d)",
                         "30d 90d 365d"},
    [AT_OPTION_DRY_RUN] = {"dry-run", 'n', NULL,
                           "only print what would be done"},
    [AT_OPTION_YES] = {"yes", 'y', NULL, "do not ask"},
};

/* getopt_long() returns BASE + option for a long option; for a short one its
 * letter. */
#define BASE 256

static void fill_long(struct option *longs)
{
    int i;

    for (i = 0; i < AT_OPTIONS; i++) {
        longs[i].name = at_options[i].name;
        longs[i].has_arg = at_options[i].argument != NULL;
        longs[i].val = BASE + i;
    }
}

/* The - returns operands in their order, also with POSIXLY_CORRECT; the colon
 * distinguishes a missing argument from an unknown option. */
static void fill_letters(char *letters)
{
    int i;

    *letters++ = '-';
    *letters++ = ':';
    for (i = 0; i < AT_OPTIONS; i++) {
        if (!at_options[i].letter) {
            continue;
        }
        *letters++ = at_options[i].letter;
        if (at_options[i].argument) {
            *letters++ = ':';
        }
    }
    *letters = '\0';
}

static int by_letter(int letter)
{
    int i;

    for (i = 0; i < AT_OPTIONS && at_options[i].letter != letter;) {
        i++;
    }
    return i;
}

static const char *add_operand(at_args_t *args, const char *word)
{
    if (!args->command) {
        args->command = word;
        return NULL;
    }
    APR_ARRAY_PUSH(args->operands, const char *) = word;
    return NULL;
}

/* The message repeats the word only if it looks like the name of an option: a
 * word that follows a misplaced hyphen may be a token. */
static const char *unknown(char *const *argv, int letter, apr_pool_t *p)
{
    const char *word = argv[optind - 1];
    const char *names[AT_OPTIONS];
    const char *suggestion;
    apr_size_t length;
    int i;

    if (letter > 0 && letter < BASE) {
        return apr_psprintf(p, "there is no option -%c",
                            apr_isprint(letter) ? letter : '?');
    }
    word += strspn(word, "-");
    length = strspn(word, "abcdefghijklmnopqrstuvwxyz-");
    for (i = 0; i < AT_OPTIONS; i++) {
        names[i] = at_options[i].name;
    }
    if (length > 20 || (word[length] && word[length] != '=')) {
        return "there is no such option";
    }
    word = apr_pstrndup(p, word, length);
    if (letter >= BASE) {
        return apr_psprintf(p, "--%s takes no argument",
                            at_options[letter - BASE].name);
    }
    suggestion = at_args_suggest(word, names, AT_OPTIONS);
    return apr_psprintf(p, "there is no option --%s%s%s%s", word,
                        suggestion ? "; did you mean --" : "",
                        suggestion ? suggestion : "", suggestion ? "?" : "");
}

/* Do other letters follow -h? The word may be a token, whose default prefix
 * begins with h, too. */
static int has_more(int argc, char *const *argv)
{
    return optind < argc && strncmp(argv[optind], "-h", 2) == 0 &&
           argv[optind][2];
}

static const char *set_option(at_args_t *args, int option, const char *argument,
                              apr_pool_t *p)
{
    int is_repeatable = at_options[option].is_repeatable;

    if (args->value[option] && argument && !is_repeatable) {
        return apr_psprintf(p, "--%s is given twice", at_options[option].name);
    }
    args->value[option] = argument ? apr_pstrdup(p, argument) : "";
    if (is_repeatable && !args->all[option]) {
        args->all[option] = apr_array_make(p, 4, sizeof(const char *));
    }
    if (is_repeatable) {
        APR_ARRAY_PUSH(args->all[option], const char *) = args->value[option];
    }
    return NULL;
}

const char *at_args_parse(at_args_t *args, int argc, char **argv, apr_pool_t *p)
{
    struct option longs[AT_OPTIONS + 1] = {{NULL, 0, NULL, 0}};
    char letters[2 * AT_OPTIONS + 3];
    const char *wrong = NULL;
    int found;

    fill_long(longs);
    fill_letters(letters);
    memset(args, 0, sizeof(*args));
    args->operands = apr_array_make(p, 4, sizeof(const char *));
    opterr = 0;
    while (!wrong &&
           (found = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
        if (found == 1) {
            wrong = add_operand(args, optarg);
        }
        else if (found == ':') {
            wrong = apr_psprintf(
                p, "--%s needs an argument",
                at_options[optopt >= BASE ? optopt - BASE : by_letter(optopt)]
                    .name);
        }
        else if (found == '?') {
            wrong = unknown(argv, optopt, p);
        }
        else if (found == 'h' && has_more(argc, argv)) {
            wrong = "there is no such option";
        }
        else {
            wrong = set_option(args,
                               found >= BASE ? found - BASE : by_letter(found),
                               optarg, p);
        }
    }
    for (; !wrong && optind < argc; optind++) {
        wrong = add_operand(args, argv[optind]);
    }
    return wrong;
}

/* Hiding */

/* The driver stays visible. */
static void hide(char *argument)
{
    char *c = argument + strcspn(argument, " \t");

    if (strncmp(argument, "sqlite3", 7) == 0) {
        return; /* a path is no secret */
    }
    for (; *c; c++) {
        if (*c != ' ') {
            *c = 'x';
        }
    }
}

void at_args_hide(int argc, char **argv)
{
    static const char name[] = "--database";
    int i;

    for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        apr_size_t length = strcspn(argv[i], "=");
        int is_long = length > 3 && length < sizeof(name) &&
                      strncmp(argv[i], name, length) == 0;

        if (is_long && argv[i][length] == '=') {
            hide(argv[i] + length + 1);
        }
        else if ((is_long || strcmp(argv[i], "-d") == 0) && i + 1 < argc) {
            hide(argv[++i]);
        }
        else if (strncmp(argv[i], "-d", 2) == 0) {
            hide(argv[i] + 2);
        }
    }
}

/* Suggestions */

/* The edit distance of two words of at most 20 letters; 20 for longer ones. */
static int distance(const char *a, const char *b)
{
    int row[21];
    int n = (int)strlen(b);
    int i, j;

    if (n > 20 || strlen(a) > 20) {
        return 20;
    }
    for (j = 0; j <= n; j++) {
        row[j] = j;
    }
    for (i = 1; a[i - 1]; i++) {
        int corner = row[0]++;

        for (j = 1; j <= n; j++) {
            int best = corner + (a[i - 1] != b[j - 1]);

            corner = row[j];
            if (row[j] + 1 < best) {
                best = row[j] + 1;
            }
            if (row[j - 1] + 1 < best) {
                best = row[j - 1] + 1;
            }
            row[j] = best;
        }
    }
    return row[n];
}

const char *at_args_suggest(const char *word, const char *const *words,
                            int count)
{
    const char *nearest = NULL;
    int least = 3;
    int i;

    for (i = 0; i < count; i++) {
        int apart = distance(word, words[i]);

        if (apart < least) {
            least = apart;
            nearest = words[i];
        }
    }
    return nearest;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads words of the command line, and writes a message about a wrong one.
 */
#include "tool/commands/values.h"

#include <string.h>

#include "core/token/clock.h"
#include "core/token/scopes.h"
#include "core/token/text.h"
#include "core/token/token.h"
#include "tool/output/display.h"
#include "tool/output/messages.h"
#include "tool/output/token_search.h"

at_exit_e at_value_id(const char *word, at_id_t *id)
{
    if (at_token_parse_id(word, id) == APR_SUCCESS) {
        return AT_EXIT_DONE;
    }
    if (at_token_search_any(word)) {
        at_message_error(
            "that is a token, not a token's id. It is in your "
            "shell's history now, and other users may have seen it in "
            "the list of processes: delete it. 'httoken find' reads "
            "tokens from standard input");
    }
    else {
        at_message_error("that is no token id; an id looks like "
                         "0bc1d49f-5475-4c62-a0ba-6ad269389ada");
    }
    return AT_EXIT_USAGE;
}

at_exit_e at_value_user(const char *word)
{
    at_text_e judgement = at_text_check_user(word);

    if (judgement == AT_TEXT_FINE) {
        return AT_EXIT_DONE;
    }
    at_message_error(
        "the user name %s; a name has 1 to %d bytes of UTF-8 without "
        "control characters",
        at_text_reason(judgement), AT_TEXT_USER_MAX);
    return AT_EXIT_USAGE;
}

static at_exit_e refuse_scope(const char *word, apr_pool_t *p)
{
    if (!*word) {
        at_message_error("--scope: the word is empty; for a token that is not "
                         "limited, leave --scope out");
    }
    else if (strchr(word, ' ')) {
        at_message_error(
            "--scope: '%s' has a blank in it; give one --scope for "
            "each scope",
            at_display_safe(word, p));
    }
    else {
        at_message_error(
            "--scope: '%s' is no scope; a scope is a word of printable "
            "ASCII characters without blanks, quotation marks and "
            "backslashes",
            at_display_safe(word, p));
    }
    return AT_EXIT_USAGE;
}

at_exit_e at_value_scopes(const at_args_t *args, const char *user,
                          const char **scopes, apr_pool_t *p)
{
    const apr_array_header_t *words = args->all[AT_OPTION_SCOPE];
    const char *wrong;
    int i;

    *scopes = NULL;
    for (i = 0; words && i < words->nelts; i++) {
        const char *word = APR_ARRAY_IDX(words, i, const char *);

        if (!at_scopes_is_word(word)) {
            return refuse_scope(word, p);
        }
        *scopes = at_scopes_add(*scopes, word, p);
    }
    wrong = *scopes ? at_scopes_check(*scopes, user) : NULL;
    if (wrong) {
        at_message_error("the scopes %s", wrong);
        return AT_EXIT_USAGE;
    }
    return AT_EXIT_DONE;
}

at_exit_e at_value_duration(const at_args_t *args, at_option_e option,
                            apr_int64_t fallback, apr_int64_t *seconds)
{
    const char *word = args->value[option];

    if (!word) {
        *seconds = fallback;
        return AT_EXIT_DONE;
    }
    if (at_clock_parse_duration(word, 'd', seconds) == APR_SUCCESS) {
        return AT_EXIT_DONE;
    }
    at_message_error(
        "--%s: '%s' is no duration of at most 36500d; write 12h, 30d "
        "or 365d",
        at_options[option].name, word);
    return AT_EXIT_USAGE;
}

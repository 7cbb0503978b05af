/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads words of the command line, and says in a sentence what is wrong with
 * them.
 */
#include "tool/ids.h"

#include "core/text.h"
#include "core/time.h"
#include "core/token.h"
#include "tool/search.h"
#include "tool/terminal.h"

at_exit_e at_ids_read(const char *word, at_id_t *id)
{
    if (at_token_parse_id(word, id) == APR_SUCCESS) {
        return AT_EXIT_DONE;
    }
    if (at_search_any(word)) {
        at_term_say("that is a token, not a token's id. It stands in your "
                    "shell's history now, and anybody may have seen it in the "
                    "list of processes: delete it. 'httoken find' reads tokens "
                    "on standard input");
    }
    else {
        at_term_say("that is no token id; one looks like "
                    "0bc1d49f-5475-4c62-a0ba-6ad269389ada");
    }
    return AT_EXIT_USAGE;
}

at_exit_e at_ids_user(const char *word)
{
    at_text_e judgement = at_text_judge_user(word);

    if (judgement == AT_TEXT_FINE) {
        return AT_EXIT_DONE;
    }
    at_term_say("the user name %s; it takes 1 to %d bytes of UTF-8 without "
                "control characters",
                at_text_words(judgement), AT_TEXT_USER_MAX);
    return AT_EXIT_USAGE;
}

at_exit_e at_ids_duration(const at_args_t *args, at_option_e option,
                          apr_int64_t unsaid, apr_int64_t *seconds)
{
    const char *word = args->value[option];

    if (!word) {
        *seconds = unsaid;
        return AT_EXIT_DONE;
    }
    if (at_time_parse_duration(word, 'd', seconds) == APR_SUCCESS) {
        return AT_EXIT_DONE;
    }
    at_term_say("--%s: '%s' is no duration of at most 36500d; write 12h, 30d "
                "or 365d",
                at_options[option].name, word);
    return AT_EXIT_USAGE;
}

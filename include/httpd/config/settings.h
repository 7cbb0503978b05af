/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a directive's word becomes a field's value, or a sentence for the admin.
 */
#ifndef ACCESSTOKEN_HTTPD_CONFIG_SETTINGS_H
#define ACCESSTOKEN_HTTPD_CONFIG_SETTINGS_H

#include "httpd/config/config.h"

typedef struct at_setting_t at_setting_t;
typedef const char *at_settings_read_t(const cmd_parms *cmd,
                                       const at_setting_t *setting,
                                       const char *word, void *field);

struct at_setting_t {
    apr_size_t offset;
    apr_size_t size;
    at_settings_read_t *read;
    apr_int64_t least;   /* smallest number or duration in seconds */
    char unit;           /* of a bare number */
    const char *special; /* a word that stands for special_value */
    apr_int64_t special_value;
};

/** "<directive>: '<word>' <why>", in the pool of cmd. */
const char *at_settings_refuse(const cmd_parms *cmd, const char *word,
                               const char *why);

/**
 * Gather the scopes of a line (scopes.h).
 *
 * @param scopes  NULL if there is no word
 * @return NULL, or the sentence.
 */
const char *at_settings_gather_scopes(const cmd_parms *cmd, const char *words,
                                      const char **scopes);

/** One for each kind of word: NULL and the field set, or the sentence. */
const char *at_settings_read_identifier(const cmd_parms *cmd,
                                        const at_setting_t *setting,
                                        const char *word, void *field);
const char *at_settings_read_prefix(const cmd_parms *cmd,
                                    const at_setting_t *setting,
                                    const char *word, void *field);
const char *at_settings_read_switch(const cmd_parms *cmd,
                                    const at_setting_t *setting,
                                    const char *word, void *field);
const char *at_settings_read_duration(const cmd_parms *cmd,
                                      const at_setting_t *setting,
                                      const char *word, void *field);
const char *at_settings_read_count(const cmd_parms *cmd,
                                   const at_setting_t *setting,
                                   const char *word, void *field);
const char *at_settings_read_size(const cmd_parms *cmd,
                                  const at_setting_t *setting, const char *word,
                                  void *field);
const char *at_settings_read_scopes(const cmd_parms *cmd,
                                    const at_setting_t *setting,
                                    const char *words, void *field);
const char *at_settings_read_manager(const cmd_parms *cmd,
                                     const at_setting_t *setting,
                                     const char *word, void *field);

#endif

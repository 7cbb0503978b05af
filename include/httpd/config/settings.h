/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the argument of a directive: it becomes the value of a field, or an
 * error message for the administrator.
 */
#ifndef ACCESSTOKEN_HTTPD_CONFIG_SETTINGS_H
#define ACCESSTOKEN_HTTPD_CONFIG_SETTINGS_H

#include "httpd/config/config.h"

typedef struct at_setting_t at_setting_t;
typedef const char *at_settings_read_t(const cmd_parms *cmd,
                                       const at_setting_t *setting,
                                       const char *arg, void *field);

struct at_setting_t {
    apr_size_t offset;
    apr_size_t size;
    at_settings_read_t *read;
    apr_int64_t min;     /* of a count, of bytes, or of seconds */
    char unit;           /* of a number without one */
    const char *keyword; /* an argument that stands for keyword_value */
    apr_int64_t keyword_value;
};

/** The message "<directive>: '<argument>' <reason>", in the pool of cmd. */
const char *at_settings_refuse(const cmd_parms *cmd, const char *arg,
                               const char *reason);

/**
 * Read a line of scopes (scopes.h).
 *
 * @param scopes  set to NULL if the line is empty
 * @return NULL, or the error message.
 */
const char *at_settings_parse_scopes(const cmd_parms *cmd, const char *line,
                                     const char **scopes);

/*
 * One function for each kind of argument. It returns NULL and sets the field,
 * or returns the error message.
 */

const char *at_settings_read_identifier(const cmd_parms *cmd,
                                        const at_setting_t *setting,
                                        const char *arg, void *field);
const char *at_settings_read_prefix(const cmd_parms *cmd,
                                    const at_setting_t *setting,
                                    const char *arg, void *field);
const char *at_settings_read_switch(const cmd_parms *cmd,
                                    const at_setting_t *setting,
                                    const char *arg, void *field);
const char *at_settings_read_duration(const cmd_parms *cmd,
                                      const at_setting_t *setting,
                                      const char *arg, void *field);
const char *at_settings_read_count(const cmd_parms *cmd,
                                   const at_setting_t *setting, const char *arg,
                                   void *field);
const char *at_settings_read_size(const cmd_parms *cmd,
                                  const at_setting_t *setting, const char *arg,
                                  void *field);
const char *at_settings_read_scopes(const cmd_parms *cmd,
                                    const at_setting_t *setting,
                                    const char *line, void *field);
const char *at_settings_read_manager(const cmd_parms *cmd,
                                     const at_setting_t *setting,
                                     const char *arg, void *field);

#endif

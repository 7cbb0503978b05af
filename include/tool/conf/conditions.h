/* SPDX-License-Identifier: Apache-2.0 */
/*
 * <IfDefine>, <IfModule> and the other conditions of a configuration.
 */
#ifndef ACCESSTOKEN_TOOL_CONF_CONDITIONS_H
#define ACCESSTOKEN_TOOL_CONF_CONDITIONS_H

#include "tool/conf/definitions.h"

/**
 * Does httpd read the lines in the section?
 *
 * @param name  of the section, without its bracket
 */
at_certainty_e at_conditions_evaluate(const at_definitions_t *definitions,
                                      const char *name, const char *arguments);

#endif

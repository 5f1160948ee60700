/**
 * What the proxy is told to do: immutable records, validated when built, so that whatever exists is valid.
 *
 * <p>Nothing here opens, resolves or reads anything, and nothing here knows how a configuration was written down.
 */
@NullMarked
package dev.sluice.proxy.config;

import org.jspecify.annotations.NullMarked;

/**
 * What database servers are, asked by their own drivers: a client for PostgreSQL, and one for MySQL and MariaDB. Their classes, and those of
 * java.sql, are loaded when the first server is asked, and are known nowhere else. It decides nothing: what an answer comes to is the
 * proxy's business.
 */
@NullMarked
package dev.sluice.cli.roles;

import org.jspecify.annotations.NullMarked;

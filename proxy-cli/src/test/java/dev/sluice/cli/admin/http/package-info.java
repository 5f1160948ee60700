@NullMarked
package dev.sluice.cli.admin.http;

import org.jspecify.annotations.NullMarked;

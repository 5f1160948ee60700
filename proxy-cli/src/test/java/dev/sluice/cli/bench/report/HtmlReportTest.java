package dev.sluice.cli.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.cli.bench.result.Results;
import dev.sluice.cli.bench.result.Samples;
import java.io.StringReader;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.xml.sax.InputSource;

class HtmlReportTest {
    private final String page = HtmlReport.of(Samples.header(), Samples.some());

    @Test
    void everySeriesIsInTheChartsAndEscaped() {
        for (String row : new String[] {"direct", "copy", "splice"}) {
            assertTrue(page.contains(">" + row + "</text>"), row);
            assertTrue(page.contains("<title>" + row + ", 64 KiB: "), row);
            assertTrue(page.contains("<title>" + row + ", p99.9: "), row);
        }
        assertTrue(page.contains("pe,er &quot;&lt;1&gt;&quot;</li>"), page);
        assertFalse(page.contains("<1>") || page.contains("<fast>") || page.contains("<angles>"), page);
        assertTrue(page.contains("Splice takes less CPU than copy from between 4 KiB and 64 KiB"), page);
    }

    @Test
    void whatIsSaidOfACaseIsBelowItsFigures() {
        assertTrue(page.contains("<p class=\"quiet\">Stopped after 3 rounds: CPU µs of splice as a part of"), page);
        assertTrue(
                page.contains("<p class=\"quiet\">Generator: the limit of splice (97% of its CPU, the proxy 55%)"),
                page);
    }

    @Test
    void nothingIsLoadedFromElsewhere() {
        for (String word : new String[] {"http:", "https:", "src=", "href=", "url(", "@import", "<script", "<link"}) {
            assertFalse(page.contains(word), word);
        }
    }

    @Test
    void everyChartIsWellFormedAndItsPixelsAreNumbers() throws Exception {
        Matcher svg = Pattern.compile("<svg.*?</svg>", Pattern.DOTALL).matcher(page);
        int charts = 0;
        while (svg.find()) {
            DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(new InputSource(new StringReader(svg.group())));
            assertFalse(svg.group().contains("NaN") || svg.group().contains("Infinity"), svg.group());
            charts++;
        }
        // Bulk 2 of 4 and churn 1 of 2, the others were not measured; mixed 4; sizes 4; latency of three pings, churn
        // and mixed.
        assertEquals(16, charts);
    }

    @Test
    void thereIsAPageOfNothing() {
        assertTrue(HtmlReport.of(Samples.header(), new Results()).endsWith("</html>\n"));
    }
}

/* SPDX-License-Identifier: MIT
 * Hdr.java: HdrHistogram for Java, for script/interop.d/hdr.
 *
 * usage: java Hdr.java read LOG       its table: see tests/interop/hdr.c
 *        java Hdr.java write LOG      writes a log; its table on the output */
import java.io.File;
import java.util.Random;
import org.HdrHistogram.EncodableHistogram;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogReader;
import org.HdrHistogram.HistogramLogWriter;

class Hdr {
  static void show(String tag, Histogram histogram) {
    StringBuilder line = new StringBuilder(tag == null ? "" : tag);
    line.append('\t').append(histogram.getTotalCount());
    for (int i = 0; i <= 1003; i++) {
      double percent = i <= 1000 ? i / 10.0 : new double[] {99.95, 99.99, 99.999}[i - 1001];
      line.append('\t').append(percent).append('=').append(
          histogram.getValueAtPercentile(percent));
    }
    System.out.println(line);
  }

  static void read(String name) throws Exception {
    HistogramLogReader reader = new HistogramLogReader(new File(name));
    EncodableHistogram next;
    while ((next = reader.nextIntervalHistogram()) != null)
      show(next.getTag(), (Histogram) next);
  }

  static Histogram fill(Histogram histogram, Random random, int values, int bits) {
    for (int i = 0; i < values; i++) {
      long value = random.nextLong() >>> (64 - bits + random.nextInt(bits));
      histogram.recordValueWithCount(value, 1 + (random.nextLong() >>> (64 - 1 - random.nextInt(30))));
    }
    return histogram;
  }

  static void write(String name) throws Exception {
    Random random = new Random(20261130);
    HistogramLogWriter writer = new HistogramLogWriter(new File(name));
    writer.outputComment("[Logged by Java]");
    writer.outputLogFormatVersion();
    writer.outputStartTime(1796045463007L);
    writer.outputLegend();
    long start = 1796045463007L;
    for (int digits = 0; digits <= 5; digits++)
      for (long lowest = 1; lowest <= 1000; lowest *= 10)
        for (int values = 0; values <= 3000; values = values * 5 + 1) {
          Histogram histogram = new Histogram(lowest, 3600000000000L, digits);
          fill(histogram, random, values, 41);
          if (values == 6 && digits < 4) histogram.shiftValuesLeft(1);
          histogram.setTag((digits > 3 ? "fine" : "digits") + digits);
          histogram.setStartTimeStamp(start);
          histogram.setEndTimeStamp(start += 1000);
          writer.outputIntervalHistogram(histogram);
          show(histogram.getTag(), histogram);
        }
    Histogram large = new Histogram(1, Long.MAX_VALUE, 3);
    large.recordValue(Long.MAX_VALUE);
    large.recordValueWithCount(7, 1L << 50); // exact as a double
    large.setStartTimeStamp(start);
    large.setEndTimeStamp(start + 1000);
    writer.outputIntervalHistogram(large);
    show(null, large);
    writer.close();
  }

  public static void main(String[] arguments) throws Exception {
    if (arguments[0].equals("read"))
      read(arguments[1]);
    else
      write(arguments[1]);
  }
}

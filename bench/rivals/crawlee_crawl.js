// SPDX-License-Identifier: MIT
// crawlee's CheerioCrawler, over all hosts: the peers' directory, a URL, how
// many requests at once.  It has an option for robots.txt; nothing is kept.
const {createRequire} = require('module');
const path = require('path');
const [peers, url, requests] = process.argv.slice(2);
const {CheerioCrawler, Configuration, log, LogLevel} =
    createRequire(path.join(peers, 'package.json'))('@crawlee/cheerio');

log.setLevel(LogLevel.OFF);
const crawler = new CheerioCrawler({
  maxConcurrency: Number(requests),
  minConcurrency: Math.min(16, Number(requests)),
  maxRequestRetries: 1,
  respectRobotsTxtFile: true,
  async requestHandler({enqueueLinks}) {
    await enqueueLinks({strategy: 'all'});
  },
}, new Configuration({persistStorage: false}));
crawler.run([url]).then(() => process.exit(0));

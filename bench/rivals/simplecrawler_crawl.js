// SPDX-License-Identifier: MIT
// simplecrawler, over all hosts: the peers' directory, a URL, how many requests
// at once.
const {createRequire} = require('module');
const path = require('path');
const [peers, url, requests] = process.argv.slice(2);
const Crawler = createRequire(path.join(peers, 'package.json'))('simplecrawler');

const crawler = new Crawler(url);
crawler.interval = 0;
crawler.maxConcurrency = Number(requests);
crawler.filterByDomain = false;
crawler.respectRobotsTxt = true;
crawler.timeout = 30000;
crawler.on('complete', () => process.exit(0));
crawler.start();

#!/usr/bin/env node
import '../bin/netaudit.js';
